/** Whether passkeys with PRF can be had; `'unknown'` where only trying tells. */
export type PasskeySupport = 'yes' | 'no' | 'unknown'

/** What the browser says of passkeys that can lock something. Which devices there are, only trying tells. */
export async function passkeySupport(): Promise<PasskeySupport> {
  if (typeof PublicKeyCredential !== 'function' || !isSecureContext) return 'no'
  try {
    const capabilities = await PublicKeyCredential.getClientCapabilities()
    const prf = capabilities['extension:prf']
    return prf === undefined ? 'unknown' : prf ? 'yes' : 'no'
  } catch {
    // An older browser, which does not say.
    return 'unknown'
  }
}
