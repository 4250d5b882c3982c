/** Every code that a {@link CofferError} may carry. Codes are a contract; messages are not. */
export type CofferErrorCode =
  /** A wrong key, or bytes that were changed: the two cannot be told apart. */
  | 'ERR_COFFER_AUTH'
  /** The structure is broken where a key is not the cause: cut, or not parseable. */
  | 'ERR_COFFER_DAMAGED'
  /** There is no coffer here: an empty or foreign file. */
  | 'ERR_COFFER_NOT_A_COFFER'
  /** A coffer that PyCoffer wrote, opened without saying `legacy: 'read'`. */
  | 'ERR_COFFER_LEGACY'
  /** The coffer is of another variant than was asked for. */
  | 'ERR_COFFER_VARIANT'
  /** A key is missing or has a length that the variant does not take. */
  | 'ERR_COFFER_KEY'
  /** The coffer was closed. */
  | 'ERR_COFFER_CLOSED'
  /** No coffer, or no member, of that name. */
  | 'ERR_COFFER_NOT_FOUND'
  /** There is one of that name already. */
  | 'ERR_COFFER_EXISTS'
  /** Writing was asked of a coffer opened for reading. */
  | 'ERR_COFFER_READ_ONLY'
  /** Another task or process holds the lock. */
  | 'ERR_COFFER_LOCKED'
  /** The lock was lost, or the file was replaced, while the coffer was open: nothing more is written. */
  | 'ERR_COFFER_LOCK_LOST'
  /** A member name that is refused, or a path that is longer than the system takes. */
  | 'ERR_COFFER_NAME'
  /** A file stands where a directory is needed, or the reverse. */
  | 'ERR_COFFER_CONFLICT'
  /** A directory that still holds members. */
  | 'ERR_COFFER_NOT_EMPTY'
  /** The storage is full; what was committed is untouched. */
  | 'ERR_COFFER_FULL'
  /** The operating system or browser refuses access. */
  | 'ERR_COFFER_PERMISSION'
  /** The storage failed in another way. */
  | 'ERR_COFFER_IO'
  /** A write or sync failed in a way that leaves its result unknown; open the coffer again. */
  | 'ERR_COFFER_POISONED'
  /** Older than, or different from, what `expect` asks for. */
  | 'ERR_COFFER_EXPECT'
  /** A size, count or window in a file is over what is accepted from a file. */
  | 'ERR_COFFER_LIMIT'
  /** A dictionary is missing or is another one. */
  | 'ERR_COFFER_DICTIONARY'
  /** No plugin of that name, or it cannot do this here. */
  | 'ERR_COFFER_PLUGIN'
  /** A change that a keyring does not take: of its last slot, or while it holds what does not belong to it. */
  | 'ERR_COFFER_KEYRING'
  /** A worker thread ended with work in hand; nothing of that work remains. */
  | 'ERR_COFFER_WORKER'
  /** Something that this coffer, storage or platform cannot do. */
  | 'ERR_COFFER_UNSUPPORTED'

/**
 * What every function of Coffer throws or rejects with where a file, a key, a name or a storage is the
 * cause. Mistakes in a call itself are `TypeError` or `RangeError`; an abort is the signal's own reason.
 * Neither message nor cause ever holds a key, a password or a member's content.
 */
export class CofferError extends Error {
  override readonly name = 'CofferError'
  readonly code: CofferErrorCode

  constructor(code: CofferErrorCode, message: string, cause?: unknown) {
    super(message, { cause })
    this.code = code
  }
}

/** Whether `error` is a {@link CofferError}, of that code where one is given. */
export function isCofferError(error: unknown): error is CofferError
export function isCofferError<C extends CofferErrorCode>(error: unknown, code: C): error is CofferError & { readonly code: C }
export function isCofferError(error: unknown, code?: CofferErrorCode): boolean {
  return error instanceof CofferError && (code === undefined || error.code === code)
}
