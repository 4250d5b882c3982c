import { openFileHandle, type FilePath, type RawFile } from './raw-file.js'

/** A handle that a tab which was closed just now had is given up a moment later than its lock. */
const BUSY_MS = 3000
const RETRY_MS = 20

/** Whether this is a worker that may open files synchronously. */
export function hasSyncHandles(): boolean {
  return typeof FileSystemFileHandle === 'function' && 'createSyncAccessHandle' in FileSystemFileHandle.prototype
}

/** Opens a file exclusively, for dedicated workers only. @throws DOMException NotSupportedError where the browser has no such handles. */
export async function openSyncFile(path: FilePath): Promise<RawFile> {
  if (!hasSyncHandles()) throw new DOMException('This browser opens no files synchronously here.', 'NotSupportedError')
  const handle = await openFileHandle(path)
  const access = await whenFree(() => handle.createSyncAccessHandle())
  return new SyncFile(access)
}

/** Old Safaris answer with promises where others do not; both are awaited. */
class SyncFile implements RawFile {
  readonly #access: FileSystemSyncAccessHandle

  constructor(access: FileSystemSyncAccessHandle) {
    this.#access = access
  }

  async size(): Promise<number> {
    return this.#access.getSize()
  }

  async read(offset: number, length: number): Promise<Uint8Array<ArrayBuffer>> {
    const bytes = new Uint8Array(length)
    let done = 0
    while (done < length) {
      const count = this.#access.read(bytes.subarray(done), { at: offset + done })
      if (count > length - done) throw new DOMException('The disk could not be read.', 'NotReadableError')
      if (count === 0) break
      done += count
    }
    return done === length ? bytes : bytes.slice(0, done)
  }

  async write(offset: number, bytes: Uint8Array): Promise<void> {
    for (let done = 0; done < bytes.length; ) {
      const count = this.#access.write(bytes.subarray(done) as Uint8Array<ArrayBuffer>, { at: offset + done })
      // Chromium gives the error's negative number, taken for a positive one, where there is no more space.
      if (count === 0 || count > bytes.length - done) throw new DOMException('The disk takes no more.', 'QuotaExceededError')
      done += count
    }
  }

  async truncate(size: number): Promise<void> {
    this.#access.truncate(size)
  }

  async flush(): Promise<void> {
    this.#access.flush()
  }

  async close(): Promise<void> {
    this.#access.close()
  }
}

/** Does what a file that is open elsewhere forbids, once it is not any more. */
export async function whenFree<T>(action: () => Promise<T>): Promise<T> {
  const end = performance.now() + BUSY_MS
  for (;;) {
    try {
      return await action()
    } catch (error) {
      const isBusy = error instanceof DOMException && (error.name === 'NoModificationAllowedError' || error.name === 'InvalidStateError')
      if (!isBusy || performance.now() > end) throw error
      await new Promise((resolve) => setTimeout(resolve, RETRY_MS))
    }
  }
}
