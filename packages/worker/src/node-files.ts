import { closeSync, constants, fchmodSync, futimesSync, openSync, readSync, rmSync, writeSync } from 'node:fs'
import { allocateFresh, keepsOwnMeta, storageError, systemCode, type FileAccess } from '@coffer/core/internal'

/** Files by their descriptors, on the thread that asks: in a worker nobody else waits for it. */
export const nodeFiles: FileAccess = {
  read({ descriptor, offset, length, name }, allocate = allocateFresh) {
    const bytes = allocate(length)
    let done = 0
    try {
      while (done < length) {
        const read = readSync(descriptor, bytes, done, length - done, offset + done)
        if (read === 0) break
        done += read
      }
    } catch (error) {
      throw storageError(error, `read ${name}`)
    }
    return bytes.subarray(0, done)
  },
  write({ descriptor, offset, name }, bytes) {
    try {
      for (let done = 0; done < bytes.length; ) done += writeSync(descriptor, bytes, done, bytes.length - done, offset + done)
    } catch (error) {
      throw storageError(error, `write ${name}`)
    }
  },
  create({ path, mode, mtimeMs }, bytes) {
    let descriptor: number | undefined
    try {
      descriptor = openSync(path, NEW_FILE, mode & 0o777)
      for (let done = 0; done < bytes.length; ) done += writeSync(descriptor, bytes, done, bytes.length - done, done)
      const [own, time] = [descriptor, mtimeMs / 1000]
      // The process's mask may have taken bits away.
      quietly(() => fchmodSync(own, mode & 0o777))
      quietly(() => futimesSync(own, time, time))
      descriptor = undefined
      closeSync(own)
      return undefined
    } catch (error) {
      const code = systemCode(error)
      if (code === undefined) throw error
      if (descriptor !== undefined) closeSync(descriptor)
      if (code !== 'EEXIST') rmSync(path, { force: true })
      return code
    }
  },
}

const NEW_FILE = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | (constants.O_NOFOLLOW ?? 0)

function quietly(action: () => void): void {
  try {
    action()
  } catch (error) {
    if (!keepsOwnMeta(error)) throw error
  }
}
