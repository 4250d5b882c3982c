import { generateKeys, type CofferErrorCode, type CofferKeys, type VariantName } from '@coffer/core'
import { cipherKind, type BlockCoder, type BlockInput, type BlockPlace, type CipherName, type EncodedExtent, type EncodeOptions, type Recipe } from '@coffer/core/internal'
import { expect } from 'vitest'

// Nothing here, nor in the tests beside it, is Node's alone: they run in a page too.

interface Kind {
  readonly kind: string
  readonly variant: VariantName
  readonly containerCipher?: 'aes-ocb'
  readonly compression: Recipe['compression']
  readonly member?: CipherName
  readonly container?: CipherName
}

/** Every way in which a coffer of one of the four variants is coded. */
export const kinds: readonly Kind[] = [
  { kind: 'bank', variant: 'bank', compression: 'member', member: 'secretbox', container: 'fernet' },
  { kind: 'bank with AES-OCB', variant: 'bank', containerCipher: 'aes-ocb', compression: 'member', member: 'secretbox', container: 'aes-ocb' },
  { kind: 'store', variant: 'store', compression: 'member', container: 'secretbox' },
  { kind: 'market', variant: 'market', compression: 'member', member: 'secretbox' },
  { kind: 'null', variant: 'null', compression: 'container' },
]

export async function recipeOf({ variant, containerCipher, compression, member, container }: Kind): Promise<Recipe> {
  const { secureKey, cofferKey } = await generateKeys(variant, containerCipher ? { container: containerCipher } : {})
  const keyed = (name: CipherName | undefined, key: Uint8Array | undefined): Recipe['member'] => name && key && { kind: cipherKind(name), key }
  return { compression, member: keyed(member, secureKey), container: keyed(container, cofferKey), level: 3, chunkBytes: 65_536 }
}

/** A recipe of the market's kind; `seed` makes its key. */
export function marketRecipe(seed = 1): Recipe {
  return { compression: 'member', member: { kind: cipherKind('secretbox'), key: sample(32, seed) }, level: 3, chunkBytes: 65_536 }
}

export const keysOf = (variant: VariantName): Promise<CofferKeys> => generateKeys(variant)

/** Bytes that depend on `seed` alone, and compress a little. */
export function sample(length: number, seed = 1): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(length)
  let state = (seed * 2_654_435_761) >>> 0
  for (let i = 0; i < length; i++) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    bytes[i] = (state >>> 24) & 0x3f
  }
  return bytes
}

/** Byte by byte; `toEqual` is slow. */
export function same(a: Uint8Array | undefined, b: Uint8Array | undefined): boolean {
  if (a?.length !== b?.length || !a || !b) return false
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false
  return true
}

export const isDetached = (bytes: Uint8Array): boolean => bytes.buffer.byteLength === 0

/** For `toEqual` and `rejects`: a CofferError of that code. */
export const code = (expected: CofferErrorCode): unknown => expect.objectContaining({ name: 'CofferError', code: expected })

/** What a promise rejects with. @throws Error where it does not. */
export async function failureOf(promise: Promise<unknown>): Promise<Error> {
  try {
    await promise
  } catch (error) {
    return error as Error
  }
  throw new Error('It should have failed.')
}

export const nowhere: { fileOffset: number; memberOffset: number; between: Uint8Array[] } = { fileOffset: 0, memberOffset: 0, between: [] }

/** An extent with what it takes to decode it. */
export interface Sealed extends EncodedExtent {
  readonly bytes: Uint8Array
  readonly places: readonly BlockPlace[]
}

/** Encodes blocks of known plaintext lengths into an extent at offset 0. */
export async function seal(coder: BlockCoder, blocks: readonly BlockInput[], plainBytes: readonly number[], options: EncodeOptions = {}): Promise<Sealed> {
  const extent = await coder.encode(blocks, () => nowhere, options)
  if (!extent.bytes) throw new Error('The extent came without its bytes.')
  return { ...extent, bytes: extent.bytes, places: placesOf(extent, plainBytes) }
}

function placesOf({ blocks }: EncodedExtent, plainBytes: readonly number[]): BlockPlace[] {
  return blocks.map(({ frameOffset, storedBytes }, i) => ({ frameOffset, storedBytes, plainBytes: plainBytes[i] ?? 0 }))
}

export const sealPlain = (coder: BlockCoder, plain: Uint8Array, options?: EncodeOptions): Promise<Sealed> => seal(coder, [{ plain }], [plain.length], options)

export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, ms)
  })
}

/** Waits until something holds. @throws Error after 20 seconds. */
export async function until(holds: () => boolean, what: string): Promise<void> {
  const start = Date.now()
  while (!holds()) {
    if (Date.now() - start > 20_000) throw new Error(`After 20 seconds: ${what}`)
    await pause(2)
  }
}

/** Something to wait for, with its end in the test's hand. */
export function gate(): { readonly opened: Promise<void>; readonly open: () => void } {
  let open = (): void => undefined
  const opened = new Promise<void>((resolve) => {
    open = resolve
  })
  return { opened, open }
}
