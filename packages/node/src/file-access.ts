import { read, write } from 'node:fs'
import { promisify } from 'node:util'
import { withStorageErrors, type FileAccess, type FilePlace, type FileSpan } from '@coffer/core/internal'

const readAt = promisify(read)
const writeAt = promisify(write)

interface AsyncFileAccess extends FileAccess {
  read(span: FileSpan): Promise<Uint8Array>
  write(place: FilePlace, bytes: Uint8Array): Promise<void>
}

/** Files by their descriptors, without keeping the calling thread from anything else. */
export const fileAccess: AsyncFileAccess = {
  read({ descriptor, offset, length, name }) {
    return withStorageErrors(`read ${name}`, async () => {
      const bytes = Buffer.allocUnsafeSlow(length)
      let done = 0
      while (done < length) {
        const { bytesRead } = await readAt(descriptor, bytes, done, length - done, offset + done)
        if (bytesRead === 0) break
        done += bytesRead
      }
      return new Uint8Array(bytes.buffer, 0, done)
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
}
