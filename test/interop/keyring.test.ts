import { spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { expect, test } from 'vitest'
import { createKeyring, type CofferKeys, type Keyring } from '@coffer/core'
import { pythonFor } from '../../scripts/setup.mjs'

const MIB = 1_048_576
const cheap = { memoryBytes: 19 * MIB, passes: 2 }

interface Answer {
  readonly slot: string
  readonly keys: readonly [coffer: string, secure: string]
  readonly next: readonly [coffer: string, secure: string] | null
  readonly macs: boolean
}

async function openInPython({ document }: Pick<Keyring, 'document'>, secret: object): Promise<Answer | null> {
  const child = spawn(await pythonFor('current'), [join(import.meta.dirname, 'python', 'keyring.py')])
  child.stdin.end(JSON.stringify({ document, secret }))
  const [output, errors] = await Promise.all([text(child.stdout), text(child.stderr)])
  expect(errors).toBe('')
  return JSON.parse(output) as Answer | null
}

const hex = (bytes: Uint8Array = new Uint8Array(0)): string => Buffer.from(bytes).toString('hex')
const hexKeys = ({ cofferKey, secureKey }: CofferKeys): readonly string[] => [hex(cofferKey), hex(secureKey)]

// Building the environment may be part of the run.
const setupMs = 600_000

test.each<[string, CofferKeys]>([
  ['a bank', { cofferKey: randomBytes(32), secureKey: randomBytes(32) }],
  ['a bank of AES-OCB', { cofferKey: randomBytes(16), secureKey: randomBytes(32) }],
  ['a store', { cofferKey: randomBytes(32) }],
  ['a market', { secureKey: randomBytes(32) }],
])('a keyring of %s opens by what docs/FORMAT.md says of it', async (_, keys) => {
  // A combining accent, which NFC joins with its letter.
  const password = 'pa\u0301ss \u{1f511}'
  const { keyring, recoveryCode } = await createKeyring(keys, { password, recoveryCode: true, ...cheap })
  const prf = randomBytes(32)
  const passkey = { prf, credentialId: randomBytes(40), prfSalt: randomBytes(32), rpId: 'example.org', transports: ['usb'] }
  await keyring.addPasskey({ ...passkey, label: 'Schlüssel "1" \\ \u{1f511}' })
  const secrets = [{ password }, { recoveryCode }, { prf: hex(prf) }]
  for (const [index, secret] of secrets.entries()) {
    expect(await openInPython(keyring, secret)).toEqual({ slot: keyring.slots[index]?.id, keys: hexKeys(keys), next: null, macs: true })
  }
  expect(await openInPython(keyring, { password: 'another' })).toBeNull()
  expect(await openInPython({ document: keyring.document.replace('Schl', 'schl') }, { recoveryCode })).toMatchObject({ macs: false })

  const next = { ...keys, ...(keys.cofferKey ? { cofferKey: randomBytes(keys.cofferKey.length) } : { secureKey: randomBytes(32) }) }
  await keyring.beginRekey(next)
  expect(await openInPython(keyring, { password })).toMatchObject({ keys: hexKeys(keys), next: hexKeys(next), macs: true })
  await keyring.finishRekey()
  expect(await openInPython(keyring, { recoveryCode })).toMatchObject({ keys: hexKeys(next), next: null, macs: true })
}, setupMs)
