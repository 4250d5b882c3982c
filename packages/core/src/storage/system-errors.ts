import { CofferError, type CofferErrorCode } from '../errors.js'

const codes: Readonly<Record<string, CofferErrorCode>> = {
  ENOENT: 'ERR_COFFER_NOT_FOUND',
  ENOTDIR: 'ERR_COFFER_NOT_FOUND',
  EACCES: 'ERR_COFFER_PERMISSION',
  EPERM: 'ERR_COFFER_PERMISSION',
  EROFS: 'ERR_COFFER_PERMISSION',
  ENOSPC: 'ERR_COFFER_FULL',
  EDQUOT: 'ERR_COFFER_FULL',
  EFBIG: 'ERR_COFFER_FULL',
  EISDIR: 'ERR_COFFER_NOT_A_COFFER',
  EEXIST: 'ERR_COFFER_EXISTS',
  ENAMETOOLONG: 'ERR_COFFER_NAME',
}

const advice: Partial<Readonly<Record<CofferErrorCode, string>>> = {
  ERR_COFFER_NOT_FOUND: 'there is no such file or folder',
  ERR_COFFER_PERMISSION: 'the system does not permit it; check owner and mode',
  ERR_COFFER_FULL: 'there is no space left; what was committed is untouched, free some and try again',
  ERR_COFFER_NOT_A_COFFER: 'it is a directory',
  ERR_COFFER_EXISTS: 'there is something of that name already',
  ERR_COFFER_NAME: 'it is longer than the system takes',
}

/** The code that a failed system call gave, such as `ENOENT`; `undefined` for any other error. */
export function systemCode(error: unknown): string | undefined {
  if (!(error instanceof Error) || !('code' in error) || !('syscall' in error)) return undefined
  return typeof error.code === 'string' ? error.code : undefined
}

/** What file systems without modes or times say; they keep their own. */
const withoutMeta: ReadonlySet<string> = new Set(['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EINVAL'])

/** Whether a failed change of a mode or time is a file system's way of saying that it keeps its own. */
export function keepsOwnMeta(error: unknown): boolean {
  return withoutMeta.has(systemCode(error) ?? '')
}

/** A failed system call as a `CofferError`; `doing` says what was tried, such as "read vault.pcof". */
export function storageError(error: unknown, doing: string): CofferError {
  if (error instanceof CofferError) return error
  const system = systemCode(error)
  const code = (system !== undefined ? codes[system] : undefined) ?? 'ERR_COFFER_IO'
  return new CofferError(code, `Could not ${doing}: ${advice[code] ?? system ?? 'the storage failed'}.`, error)
}

/** The result of `action`; a system call that failed in it as a `CofferError`, anything else as it is. */
export async function withStorageErrors<T>(doing: string, action: () => Promise<T>): Promise<T> {
  try {
    return await action()
  } catch (error) {
    throw systemCode(error) === undefined ? error : storageError(error, doing)
  }
}
