import type { CofferKeys, VariantName } from '@coffer/core'

/** Keys as they were found in a text, and what kind of coffer they are for, where it says so. */
export interface FoundKeys {
  readonly keys: CofferKeys
  readonly variant: VariantName | undefined
}

const variants: readonly string[] = ['bank', 'store', 'market', 'null']
/** A Fernet key as Python writes it: 32 bytes in url-safe base64. PyCoffer keeps some keys so, encoded once more. */
const FERNET_TEXT = /^[A-Za-z0-9_-]{43}=$/
/** `coffer_key: VALUE` of YAML (with `!!binary`, also below it), `coffer_key = VALUE` of INI, `"coffer_key": "VALUE"` of JSON. */
const FIELD = /(?:^|[\s{,])["']?(coffer_key|secure_key|type)["']?[ \t]*[:=]\s*(?:!!binary\s+)?(?:[|>][-+]?\s+)?["']?([A-Za-z0-9+/_=-]+)/g

/** A key as people keep one: 16 or 32 bytes in hex, or in base64 of either alphabet, once or twice. `undefined` for anything else. */
export function readKey(text: string): Uint8Array | undefined {
  let rest = text.trim()
  if (/^(?:[0-9a-f]{32}|[0-9a-f]{64})$/i.test(rest)) return Uint8Array.from(rest.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16))
  for (let layer = 0; layer < 2; layer++) {
    const bytes = fromBase64(rest)
    if (!bytes) return undefined
    if (bytes.length === 16 || bytes.length === 32) return bytes
    rest = String.fromCharCode(...bytes.subarray(0, 64))
    if (bytes.length !== 44 || !FERNET_TEXT.test(rest)) return undefined
  }
  return undefined
}

/**
 * The keys in a file of keys: a configuration of PyCoffer or of the `coffer` command (YAML, JSON or INI), or the few lines of it that hold
 * them. `undefined` where there are none, or those of several coffers.
 */
export function readKeyText(text: string): FoundKeys | undefined {
  const found = new Map<string, string>()
  for (const [, field = '', value = ''] of text.matchAll(FIELD)) {
    const known = found.get(field)
    if (known !== undefined && known !== value) return undefined
    found.set(field, value)
  }
  const [coffer, secure, type] = [found.get('coffer_key'), found.get('secure_key'), found.get('type')]
  const [cofferKey, secureKey] = [coffer, secure].map((value) => (value === undefined ? undefined : readKey(value)))
  if ((coffer !== undefined && !cofferKey) || (secure !== undefined && !secureKey)) return undefined
  if (!cofferKey && !secureKey && type !== 'null') return undefined
  return {
    keys: { ...(cofferKey ? { cofferKey } : {}), ...(secureKey ? { secureKey } : {}) },
    variant: type !== undefined && variants.includes(type) ? (type as VariantName) : undefined,
  }
}

function fromBase64(text: string): Uint8Array | undefined {
  const plain = text.replace(/-/g, '+').replace(/_/g, '/')
  if (!/^[A-Za-z0-9+/]+={0,2}$/.test(plain)) return undefined
  try {
    return Uint8Array.from(atob(plain), (letter) => letter.charCodeAt(0))
  } catch {
    return undefined
  }
}
