import { openAsyncFile } from './async-file.js'
import type { FilePath, RawFile } from './raw-file.js'
import { hasSyncHandles, openSyncFile } from './sync-file.js'

let hostIsMissing = false

/** Opens a file for writing: here in a worker, through a worker in a page, else by the asynchronous interface. */
export async function openRaw(path: FilePath): Promise<RawFile> {
  if (hasSyncHandles()) return openSyncFile(path)
  if (typeof Worker === 'function' && !hostIsMissing) {
    try {
      const { openRemoteFile } = await import('./remote-file.js')
      return await openRemoteFile(path)
    } catch (error) {
      if (!(error instanceof DOMException) || error.name !== 'NotSupportedError') throw error
      hostIsMissing = true
    }
  }
  return openAsyncFile(path)
}
