import { readSync, writeSync } from 'node:fs'
import { storageError, type FileAccess } from '@coffer/core/internal'

/** Files by their descriptors, on the thread that asks: in a worker nobody else waits for it. */
export const nodeFiles: FileAccess = {
  read({ descriptor, offset, length, name }) {
    const bytes = Buffer.allocUnsafeSlow(length)
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
    return new Uint8Array(bytes.buffer, 0, done)
  },
  write({ descriptor, offset, name }, bytes) {
    try {
      for (let done = 0; done < bytes.length; ) done += writeSync(descriptor, bytes, done, bytes.length - done, offset + done)
    } catch (error) {
      throw storageError(error, `write ${name}`)
    }
  },
}
