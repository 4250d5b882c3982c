import type { PasskeyDetails } from '@coffer/core'
import { PasskeyError, passkeyError } from './passkey-error.js'

export interface AskPasskeyOptions {
  readonly signal?: AbortSignal | undefined
}

export interface PasskeyAnswer<T extends PasskeyDetails> {
  /** The one of those asked for that answered. */
  readonly passkey: T
  /** 32 bytes: what opens its slot. */
  readonly prf: Uint8Array
}

const PRF_BYTES = 32

/** Those passkeys that a page of this host may ask for. */
export function passkeysOfHost<T extends PasskeyDetails>(passkeys: readonly T[], host: string = location.hostname): T[] {
  return passkeys.filter(({ rpId }) => rpId === host || host.endsWith(`.${rpId}`))
}

/**
 * Asks the user for one of these passkeys, of which he chooses, and it for its PRF output. The user is verified by the device.
 * @throws PasskeyError
 */
export async function askPasskey<T extends PasskeyDetails>(passkeys: readonly T[], { signal }: AskPasskeyOptions = {}): Promise<PasskeyAnswer<T>> {
  const [first] = passkeys
  if (!first) throw new RangeError('There is no passkey to ask for.')
  const { rpId } = first
  const ofOneDomain = passkeys.filter((passkey) => passkey.rpId === rpId)
  const credential = await withPasskeyErrors(signal, () =>
    navigator.credentials.get({
      publicKey: {
        // Nobody checks what is signed: what counts is the PRF's output.
        challenge: crypto.getRandomValues(new Uint8Array(32)),
        rpId,
        allowCredentials: ofOneDomain.map(({ credentialId, transports }) => ({
          type: 'public-key',
          id: credentialId.slice(),
          transports: transports as AuthenticatorTransport[],
        })),
        userVerification: 'required',
        extensions: { prf: prfInputs(ofOneDomain) },
      },
      ...(signal ? { signal } : {}),
    }),
  )
  const passkey = ofOneDomain.find(({ credentialId }) => credential.id === toBase64Url(credentialId))
  if (!passkey) throw new PasskeyError('wrong', 'Another passkey answered than those asked for.')
  return { passkey, prf: prfOutput(credential) }
}

/** What `call` gives, once it is a passkey. @throws PasskeyError; the signal's reason when it is aborted. */
export async function withPasskeyErrors(signal: AbortSignal | undefined, call: () => Promise<Credential | null>): Promise<PublicKeyCredential> {
  signal?.throwIfAborted()
  if (typeof PublicKeyCredential !== 'function' || navigator.credentials === undefined) {
    throw new PasskeyError('unsupported', 'This browser has no passkeys, or not on this page: take a password.')
  }
  try {
    const credential = await call()
    if (credential instanceof PublicKeyCredential) return credential
    throw new PasskeyError('cancelled', 'The passkey was not used.')
  } catch (error) {
    signal?.throwIfAborted()
    throw passkeyError(error)
  }
}

/** One input for one, by the credential for several: the older way is known to more browsers. */
function prfInputs(passkeys: readonly PasskeyDetails[]): AuthenticationExtensionsPRFInputs {
  const [first, second] = passkeys
  if (first && !second) return { eval: { first: first.prfSalt.slice() } }
  return {
    evalByCredential: Object.fromEntries(
      passkeys.map(({ credentialId, prfSalt }) => [toBase64Url(credentialId), { first: prfSalt.slice() }]),
    ),
  }
}

function prfOutput(credential: PublicKeyCredential): Uint8Array {
  const output = credential.getClientExtensionResults().prf?.results?.first
  if (output === undefined) throw new PasskeyError('unsupported', 'This passkey, or the way to it, gives no PRF output: use another one, or a password.')
  const bytes = output instanceof ArrayBuffer ? new Uint8Array(output) : new Uint8Array(output.buffer, output.byteOffset, output.byteLength)
  if (bytes.length === PRF_BYTES) return bytes.slice()
  throw new PasskeyError('unreliable', 'The passkey gave something else than a PRF output: use another one, or a password.')
}

/** As WebAuthn names a credential in a text. */
export function toBase64Url(bytes: Uint8Array): string {
  const text = btoa(String.fromCharCode(...bytes))
  return text.replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '')
}
