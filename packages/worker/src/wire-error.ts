import { CofferError, type CofferErrorCode } from '@coffer/core'

/** An error as it crosses between threads: what a caller can tell one from another by. */
export interface WireError {
  readonly name: string
  readonly message: string
  readonly code: CofferErrorCode | undefined
  readonly cause: WireError | undefined
}

export function toWireError(error: unknown): WireError {
  if (!(error instanceof Error)) return { name: 'Error', message: String(error), code: undefined, cause: undefined }
  const { name, message, cause } = error
  return { name, message, code: error instanceof CofferError ? error.code : undefined, cause: cause === undefined ? undefined : toWireError(cause) }
}

/** The same error on this side, of the same class where it is one that callers look at. */
export function fromWireError({ name, message, code, cause }: WireError): Error {
  const options = cause ? { cause: fromWireError(cause) } : undefined
  if (code !== undefined) return new CofferError(code, message, options?.cause)
  if (name === 'RangeError') return new RangeError(message, options)
  if (name === 'TypeError') return new TypeError(message, options)
  const error = new Error(message, options)
  error.name = name
  return error
}
