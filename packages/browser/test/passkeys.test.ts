import { createKeyring, createPrfSalt, generateKeys } from '@coffer/core'
import { askPasskey, openKeyringWithPasskey, passkeysOfHost, passwordHash, PasskeyError } from '@coffer/browser'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { failureOf } from './support.js'

afterEach(() => {
  vi.restoreAllMocks()
})

const passkey = (rpId: string) => ({ credentialId: new Uint8Array([1, 2, 3]), prfSalt: createPrfSalt(), rpId, transports: ['internal'] })

describe('passkeys', () => {
  test('are asked for on their own domain and below it only', () => {
    const all = ['example.org', 'vault.example.org', 'ample.org', 'org.example'].map(passkey)
    expect(passkeysOfHost(all, 'vault.example.org').map(({ rpId }) => rpId)).toEqual(['example.org', 'vault.example.org'])
    expect(passkeysOfHost(all, 'example.org').map(({ rpId }) => rpId)).toEqual(['example.org'])
  })

  test.each([
    ['NotAllowedError', 'cancelled', 'ERR_COFFER_PERMISSION'],
    ['SecurityError', 'unsupported', 'ERR_COFFER_UNSUPPORTED'],
    ['InvalidStateError', 'exists', 'ERR_COFFER_EXISTS'],
  ])('%s of the browser is told as %s', async (name, problem, code) => {
    vi.spyOn(navigator.credentials, 'get').mockRejectedValue(new DOMException('no', name))
    const error = await failureOf(askPasskey([passkey('localhost')]))
    expect(error).toBeInstanceOf(PasskeyError)
    expect(error).toMatchObject({ problem, code })
  })

  test('an abort is the signal’s own reason', async () => {
    const reason = new Error('enough')
    expect(await failureOf(askPasskey([passkey('localhost')], { signal: AbortSignal.abort(reason) }))).toBe(reason)
  })

  test('a keyring without one for this page says so', async () => {
    const { keyring } = await createKeyring(await generateKeys('store'), { password: 'p', memoryBytes: 19_922_944, passes: 2, passwordHash })
    expect(await failureOf(openKeyringWithPasskey(keyring.document))).toMatchObject({ problem: 'unsupported' })
  })
})
