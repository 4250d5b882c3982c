import type { TaskOptions } from '@coffer/core'
import { unshared, type Log } from '@coffer/core/internal'

/** A coffer's file on its way out. */
export interface CofferExport {
  /** Bytes in all. */
  readonly size: number
  /** Read it to its end, or cancel it: until then the browser keeps the file, also if the coffer is compacted or closed. */
  readonly stream: ReadableStream<Uint8Array<ArrayBuffer>>
}

/** Read at once. */
const PIECE_BYTES = 2_097_152

/** A coffer's file up to its last commit. What is committed is never written again: a file only grows, or another one takes its place. */
export function exportFile(log: Log, { signal, onProgress }: TaskOptions): CofferExport {
  const size = log.last?.end ?? 0
  let at = 0
  let isHeld = true
  const release = async (): Promise<void> => {
    if (!isHeld) return
    isHeld = false
    await log.release()
  }
  log.acquire()
  const pull = async (controller: ReadableStreamDefaultController<Uint8Array<ArrayBuffer>>): Promise<void> => {
    try {
      signal?.throwIfAborted()
      const bytes = await log.file.file.read(at, Math.min(PIECE_BYTES, size - at))
      at += bytes.length
      onProgress?.({ phase: 'export', done: at, total: size })
      signal?.throwIfAborted()
      if (bytes.length > 0) controller.enqueue(unshared(bytes))
      if (bytes.length > 0 && at < size) return
      await release()
      controller.close()
    } catch (error) {
      await release()
      throw error
    }
  }
  return { size, stream: new ReadableStream({ pull, cancel: release }, { highWaterMark: 0 }) }
}
