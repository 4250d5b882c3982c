import { createPrfSalt, type PasskeyDetails } from '@coffer/core'
import { PasskeyError } from './passkey-error.js'
import { toBase64Url, withPasskeyErrors } from './use-passkey.js'

export interface CreatePasskeyOptions {
  /** Who the user is to the device: what it lists the passkey under, such as the coffer's name. */
  readonly userName: string
  /** What the site is called; its domain where nothing is said. */
  readonly rpName?: string | undefined
  /** The page's domain, or one above it that the passkey is for; the page's where nothing is said. */
  readonly rpId?: string | undefined
  /** Devices that have one of these make no second one. */
  readonly exclude?: readonly PasskeyDetails[] | undefined
  readonly signal?: AbortSignal | undefined
}

/**
 * Has a device make a passkey that can give PRF outputs. What it gives is asked for by `askPasskey`; {@link enrolPasskey} does all of it.
 * @throws PasskeyError
 */
export async function createPasskey(options: CreatePasskeyOptions): Promise<PasskeyDetails> {
  const { userName, rpId = typeof location === 'undefined' ? '' : location.hostname, rpName = rpId, exclude = [], signal } = options
  const credential = await withPasskeyErrors(signal, () =>
    navigator.credentials.create({
      publicKey: {
        challenge: crypto.getRandomValues(new Uint8Array(32)),
        rp: { id: rpId, name: rpName },
        // Fresh: one with the id of an older one would take its place on the device.
        user: { id: crypto.getRandomValues(new Uint8Array(16)), name: userName, displayName: userName },
        pubKeyCredParams: [-7, -8, -257].map((alg) => ({ type: 'public-key', alg })),
        authenticatorSelection: { residentKey: 'preferred', userVerification: 'required' },
        excludeCredentials: exclude.map(({ credentialId }) => ({ type: 'public-key', id: credentialId.slice() })),
        extensions: { prf: {} },
      },
      ...(signal ? { signal } : {}),
    }),
  )
  const { response } = credential
  const transports = response instanceof AuthenticatorAttestationResponse ? response.getTransports() : []
  const passkey = {
    credentialId: new Uint8Array(credential.rawId),
    prfSalt: createPrfSalt(),
    rpId,
    // Only what a keyring takes; browsers may name new ones.
    transports: transports.filter((name) => /^[a-z-]{1,32}$/.test(name)).slice(0, 8),
  }
  if (credential.getClientExtensionResults().prf?.enabled === true) return passkey
  await forgetPasskey(passkey)
  throw new PasskeyError('unsupported', 'This device makes passkeys without PRF, which can lock nothing: use another device, or a password.')
}

/** Tells the device that a passkey is of no more use, so that it need not offer it. Browsers that cannot do that leave it. */
export async function forgetPasskey({ rpId, credentialId }: PasskeyDetails): Promise<void> {
  try {
    await PublicKeyCredential.signalUnknownCredential({ rpId, credentialId: toBase64Url(credentialId) })
  } catch {
    // Only a hint.
  }
}
