import { CofferError, type CofferErrorCode } from '@coffer/core'

/**
 * What became of a passkey: it gives no PRF output here; the user (or a timeout) ended it, or there is none of those asked for; this device has one
 * already; it gave another output than before, so that nothing may be locked by it; it opens no slot.
 */
export type PasskeyProblem = 'unsupported' | 'cancelled' | 'exists' | 'unreliable' | 'wrong'

const codes: Readonly<Record<PasskeyProblem, CofferErrorCode>> = {
  unsupported: 'ERR_COFFER_UNSUPPORTED',
  cancelled: 'ERR_COFFER_PERMISSION',
  exists: 'ERR_COFFER_EXISTS',
  unreliable: 'ERR_COFFER_UNSUPPORTED',
  wrong: 'ERR_COFFER_AUTH',
}

/** What the functions for passkeys reject with; an abort is the signal's own reason. */
export class PasskeyError extends CofferError {
  readonly problem: PasskeyProblem

  constructor(problem: PasskeyProblem, message: string, cause?: unknown) {
    super(codes[problem], message, cause)
    this.problem = problem
  }
}

const messages: Readonly<Record<string, readonly [PasskeyProblem, string]>> = {
  NotAllowedError: ['cancelled', 'The passkey was not used: it was cancelled, took too long, or this device has none of those asked for.'],
  AbortError: ['cancelled', 'The passkey was not used: it was cancelled.'],
  InvalidStateError: ['exists', 'There is a passkey for this on the device already.'],
  NotSupportedError: ['unsupported', 'This device has no passkeys that can be used here: take a password.'],
  ConstraintError: ['unsupported', 'This device cannot make sure who uses its passkeys: take a password.'],
  SecurityError: ['unsupported', 'There are no passkeys on this address: serve the page over https, under a domain.'],
}

/** What WebAuthn threw, as a {@link PasskeyError}. */
export function passkeyError(error: unknown): PasskeyError {
  if (error instanceof PasskeyError) return error
  const name = error instanceof Error ? error.name : 'UnknownError'
  const [problem, message] = messages[name] ?? ['unsupported', `The browser could not use a passkey (${name}): take a password.`]
  return new PasskeyError(problem, message, error)
}
