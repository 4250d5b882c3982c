import { isCofferError } from '../errors.js'
import type { StorageFile } from './storage.js'

/** What a disk loses at once where it cannot be read; smaller pieces are not tried. */
const SECTOR_BYTES = 4096

/**
 * A file to read from a failing disk: what cannot be read comes as zeros, which verify as nothing. It is read through its `read`
 * alone,
 * and its end is where it was at first.
 */
export async function tolerantFile(file: StorageFile): Promise<StorageFile> {
  const size = await file.size()
  const tryRead = async (offset: number, length: number): Promise<Uint8Array> => {
    try {
      return await file.read(offset, length)
    } catch (error) {
      if (!isCofferError(error, 'ERR_COFFER_IO')) throw error
      if (length <= SECTOR_BYTES) return new Uint8Array(length)
    }
    const out = new Uint8Array(length)
    for (let at = offset; at < offset + length; ) {
      const end = Math.min(offset + length, at - (at % SECTOR_BYTES) + SECTOR_BYTES)
      out.set(await tryRead(at, end - at), at - offset)
      at = end
    }
    return out
  }
  return {
    size: () => Promise.resolve(size),
    read: (offset, length) => tryRead(offset, Math.max(0, Math.min(length, size - offset))),
    write: (offset, bytes) => file.write(offset, bytes),
    truncate: (bytes) => file.truncate(bytes),
    sync: () => file.sync(),
    isCurrent: () => file.isCurrent(),
    close: () => file.close(),
  }
}
