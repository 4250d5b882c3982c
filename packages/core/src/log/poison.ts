import { CofferError, isCofferError } from '../errors.js'
import type { StorageFile } from '../storage/storage.js'

/** For a write or sync after which it is not known what reached the storage. */
export function poisoned(cause: unknown): CofferError {
  if (isFinal(cause)) return cause
  return new CofferError(
    'ERR_COFFER_POISONED',
    'The storage failed while a commit was written, so it is not known what reached it. Open the coffer again: what was committed before is safe.',
    cause,
  )
}

/** Whether nothing may be written any more after this error. */
export function isFinal(error: unknown): error is CofferError {
  return isCofferError(error, 'ERR_COFFER_POISONED') || isCofferError(error, 'ERR_COFFER_LOCK_LOST')
}

/** Syncs a coffer's file. Systems tell of a page that could not be written once, with the next sync, whosever that is, and think that all is well then. */
export async function syncFile(file: StorageFile): Promise<void> {
  try {
    await file.sync()
  } catch (error) {
    throw poisoned(error)
  }
}
