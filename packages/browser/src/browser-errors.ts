import { CofferError, type CofferErrorCode } from '@coffer/core'

const codes: Readonly<Record<string, CofferErrorCode>> = {
  QuotaExceededError: 'ERR_COFFER_FULL',
  NotFoundError: 'ERR_COFFER_NOT_FOUND',
  NotAllowedError: 'ERR_COFFER_PERMISSION',
  SecurityError: 'ERR_COFFER_PERMISSION',
  NoModificationAllowedError: 'ERR_COFFER_LOCKED',
  VersionError: 'ERR_COFFER_UNSUPPORTED',
  NotSupportedError: 'ERR_COFFER_UNSUPPORTED',
  TypeMismatchError: 'ERR_COFFER_CONFLICT',
}

const advice: Partial<Readonly<Record<CofferErrorCode, string>>> = {
  ERR_COFFER_FULL: 'the browser gives this site no more space; what was committed is untouched, free some and try again',
  ERR_COFFER_NOT_FOUND: 'it is not there any more',
  ERR_COFFER_PERMISSION: 'the browser does not permit it here (a private window, or site data that is blocked?)',
  ERR_COFFER_LOCKED: 'another page or worker has it open for writing',
  ERR_COFFER_UNSUPPORTED: 'this browser cannot do that, or a newer version has written it',
  ERR_COFFER_CONFLICT: 'there is a file where a directory is needed, or the reverse',
}

/** What a browser's storage threw, as a `CofferError`; `doing` says what was tried, such as "read the coffer vault". */
export function browserError(error: unknown, doing: string): CofferError {
  if (error instanceof CofferError) return error
  const name = errorName(error)
  const code = codes[name] ?? 'ERR_COFFER_IO'
  return new CofferError(code, `Could not ${doing}: ${advice[code] ?? `the browser's storage failed (${name})`}.`, error)
}

/** The result of `action`; what a browser's storage throws in it as a `CofferError`, anything else as it is. */
export async function withBrowserErrors<T>(doing: string, action: () => Promise<T>): Promise<T> {
  try {
    return await action()
  } catch (error) {
    throw error instanceof DOMException ? browserError(error, doing) : error
  }
}

/** The name of a DOMException, such as `QuotaExceededError`. */
export function errorName(error: unknown): string {
  return error instanceof DOMException || error instanceof Error ? error.name : 'unknown error'
}
