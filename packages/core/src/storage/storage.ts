/**
 * Where the bytes of one coffer live: a path, a name in a browser's database, a buffer. A storage is a
 * place, which may be empty; opening it gives a {@link StorageFile}.
 *
 * Every method rejects with a `CofferError`: `ERR_COFFER_NOT_FOUND`, `ERR_COFFER_PERMISSION`,
 * `ERR_COFFER_FULL`, `ERR_COFFER_LOCKED`, `ERR_COFFER_UNSUPPORTED` or `ERR_COFFER_IO`.
 */
export interface CofferStorage {
  /** What messages call this place: a path or a name. */
  readonly name: string
  /** True where a read that fails says nothing of the file's state, as over a network: what is damaged there is not looked for. */
  readonly isRemote?: boolean
  /**
   * Opens what is there now, or gives `undefined` where there is nothing. The file stays readable, and
   * keeps its bytes, when another one takes its place. With `signal`, a remote one gives up when that is aborted, with its reason.
   */
  open(access: 'read' | 'write', signal?: AbortSignal): Promise<StorageFile | undefined>
  /**
   * A new, empty file of its own, beside the current one, that takes its place on `publish`. What a crash
   * leaves of it is removed by a later `replace` or `open('write')` under the lock.
   */
  replace(): Promise<StorageReplacement>
  /** A temporary file that nobody else sees and that is gone with its `close`. What is put there is encrypted. */
  spool(): Promise<StorageFile>
  /** Keeps a copy of what is there now under NAME + `extension`, replacing an older copy in one step. */
  backup(extension: string): Promise<void>
  /** Takes the lock. */
  lock(kind: LockKind, options: LockOptions): Promise<StorageLock>
}

/** Random access to bytes. Offsets and lengths are bytes; positions beyond 2^53 do not occur. */
export interface StorageFile {
  /** Where this is a file of the system's: its descriptor, which stays good until `close`, and what messages call it. */
  readonly direct?: { readonly descriptor: number; readonly name: string } | undefined
  /** The number of bytes now. */
  size(): Promise<number>
  /**
   * Reads `length` bytes from `offset`; fewer only at the end of the file. The result is fresh memory that
   * belongs to the caller.
   */
  read(offset: number, length: number): Promise<Uint8Array>
  /** Writes all of `bytes` at `offset`; a gap before it reads as zeros. `bytes` may be reused once this resolves. */
  write(offset: number, bytes: Uint8Array): Promise<void>
  /** Cuts the file to `size` bytes. */
  truncate(size: number): Promise<void>
  /** Resolves when all that was written will survive a crash. */
  sync(): Promise<void>
  /**
   * Begins to make last what was written, while more is written, so that `sync` has less to wait for. A failure shows in the next `sync`.
   * Where it is missing, nothing would be gained by it.
   */
  syncBehind?(): void
  /** Whether this file is still the one at its place (nobody replaced or removed it). */
  isCurrent(): Promise<boolean>
  /** May be called twice. */
  close(): Promise<void>
}

export interface StorageReplacement extends StorageFile {
  /**
   * Syncs, then puts this file at its place in one atomic and durable step. Readers of the old one keep
   * their bytes. Afterwards this is the current file and stays open.
   */
  publish(): Promise<void>
}

/** `exclusive`: alone. `shared`: beside other shared holders. */
export type LockKind = 'exclusive' | 'shared'

export interface LockOptions {
  /** How long to wait for another holder before `ERR_COFFER_LOCKED`, in milliseconds. */
  readonly timeoutMs: number
  readonly signal?: AbortSignal | undefined
}

export interface StorageLock {
  /** Whether the lock is still ours. */
  isHeld(): Promise<boolean>
  /** May be called twice. */
  release(): Promise<void>
}
