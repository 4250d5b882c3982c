import { CofferError, type CofferErrorCode } from '@coffer/core'

/** What is wrong with a plugin of a third party. */
export function pluginError(name: string, problem: string, cause?: unknown): CofferError {
  return new CofferError('ERR_COFFER_PLUGIN', `The plugin ${JSON.stringify(name)} ${problem}`, cause)
}

/** An error that is Coffer's, or says that it is: a plugin may have a copy of the library of its own, or none. Its message is for the user. */
export function isCofferLike(error: unknown): error is Error & { readonly code: CofferErrorCode } {
  return error instanceof Error && error.name === 'CofferError' && typeof (error as { code?: unknown }).code === 'string'
}

/** An error of the system's on a file: all that is shown of it is where and which. */
export function isSystemError(error: unknown): error is NodeJS.ErrnoException {
  return error instanceof Error && typeof (error as NodeJS.ErrnoException).syscall === 'string'
}

/** What kind of error somebody threw, without what it says. */
export function kindOfError(error: unknown): string {
  return error instanceof Error && /^\w{1,40}$/.test(error.name) ? error.name : 'no Error'
}
