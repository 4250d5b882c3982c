import { readOneTimeCode } from './passwords.js'
import type { VaultSession } from './session.js'

/** The code that is valid now, and the one after it. */
export interface CodeWindow {
  readonly code: string
  readonly next: string
  /** Milliseconds since 1970. */
  readonly until: number
  readonly periodMs: number
}

/** The codes of a login around a time. @throws CofferError `ERR_COFFER_NOT_FOUND` where it has none. */
export async function readCodeWindow(session: VaultSession, id: string, now: Date): Promise<CodeWindow> {
  const current = await readOneTimeCode(session, id, now)
  const following = await readOneTimeCode(session, id, current.validUntil)
  const until = current.validUntil.getTime()
  return { code: current.code, next: following.code, until, periodMs: following.validUntil.getTime() - until }
}

/** `123 456` of `123456`: digits in two groups are easier to keep in mind. */
export function groupDigits(code: string): string {
  const half = Math.ceil(code.length / 2)
  return `${code.slice(0, half)} ${code.slice(half)}`.trim()
}
