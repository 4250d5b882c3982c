import { CofferError, type CofferErrorCode } from '@coffer/core'
import { systemCode } from '@coffer/core/internal'

/** An error as it crosses between threads: what a caller can tell one from another by. */
export interface WireError {
  readonly name: string
  readonly message: string
  readonly code: CofferErrorCode | undefined
  /** What a failed system call says of itself. */
  readonly system: SystemDetails | undefined
  readonly cause: WireError | undefined
}

interface SystemDetails {
  readonly code: string
  readonly syscall: unknown
  readonly errno: unknown
}

export function toWireError(error: unknown): WireError {
  if (!(error instanceof Error)) return { name: 'Error', message: String(error), code: undefined, system: undefined, cause: undefined }
  const { name, message, cause } = error
  const code = error instanceof CofferError ? error.code : undefined
  return { name, message, code, system: systemDetails(error), cause: cause === undefined ? undefined : toWireError(cause) }
}

function systemDetails(error: NodeError): SystemDetails | undefined {
  const code = systemCode(error)
  return code === undefined ? undefined : { code, syscall: error.syscall, errno: error.errno }
}

interface NodeError extends Error {
  readonly syscall?: unknown
  readonly errno?: unknown
}

/** The same error on this side, of the same class where it is one that callers look at. */
export function fromWireError({ name, message, code, system, cause }: WireError): Error {
  const options = cause ? { cause: fromWireError(cause) } : undefined
  if (code !== undefined) return new CofferError(code, message, options?.cause)
  if (name === 'RangeError') return new RangeError(message, options)
  if (name === 'TypeError') return new TypeError(message, options)
  const error = new Error(message, options)
  error.name = name
  return Object.assign(error, system)
}
