import { constants, read, write } from 'node:fs'
import { open, rm, type FileHandle } from 'node:fs/promises'
import { promisify } from 'node:util'
import { allocateFresh, keepsOwnMeta, systemCode, withStorageErrors, type Allocate, type FileAccess, type FilePlace, type FileSpan } from '@coffer/core/internal'

const readAt = promisify(read)
const writeAt = promisify(write)

interface AsyncFileAccess extends FileAccess {
  read(span: FileSpan, allocate?: Allocate): Promise<Uint8Array>
  write(place: FilePlace, bytes: Uint8Array): Promise<void>
}

/** Files by their descriptors, without keeping the calling thread from anything else. */
export const fileAccess: AsyncFileAccess = {
  read({ descriptor, offset, length, name }, allocate = allocateFresh) {
    return withStorageErrors(`read ${name}`, async () => {
      const bytes = allocate(length)
      let done = 0
      while (done < length) {
        const { bytesRead } = await readAt(descriptor, bytes, done, length - done, offset + done)
        if (bytesRead === 0) break
        done += bytesRead
      }
      return bytes.subarray(0, done)
    })
  },
  write({ descriptor, offset, name }, bytes) {
    return withStorageErrors(`write ${name}`, async () => {
      for (let done = 0; done < bytes.length; ) {
        const { bytesWritten } = await writeAt(descriptor, bytes, done, bytes.length - done, offset + done)
        done += bytesWritten
      }
    })
  },
  async create({ path, mode, mtimeMs }, bytes) {
    let handle: FileHandle | undefined
    try {
      handle = await open(path, NEW_FILE, 0o600)
      await handle.writeFile(bytes)
      await setMeta(handle, mode, mtimeMs)
      await handle.close()
      return undefined
    } catch (error) {
      const code = systemCode(error)
      await handle?.close().catch(() => undefined)
      if (code !== 'EEXIST') await rm(path, { force: true })
      if (code === undefined) throw error
      return code
    }
  },
}

/** For files that must not be there yet, also not as a link. */
export const NEW_FILE: number = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | (constants.O_NOFOLLOW ?? 0)

/** Gives a file its mode and time, where the file system has such things. */
export async function setMeta(handle: FileHandle, mode: number, mtimeMs: number): Promise<void> {
  await quietly(() => handle.chmod(mode & 0o777))
  await quietly(() => handle.utimes(mtimeMs / 1000, mtimeMs / 1000))
}

/** Does without what a file system does not have. */
export async function quietly(action: () => Promise<void>): Promise<void> {
  await action().catch((error: unknown) => {
    if (!keepsOwnMeta(error)) throw error
  })
}
