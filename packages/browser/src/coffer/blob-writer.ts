import { unshared } from '@coffer/core/internal'

/** Bytes that wait in this page's memory before the browser gets them, which keeps large blobs on the disk. */
const PART_BYTES = 8_388_608

/** All pieces as one blob. Memory does not grow with it where the browser puts blobs on the disk. */
export async function toBlob(pieces: AsyncIterable<Uint8Array>, type?: string): Promise<Blob> {
  const parts: Blob[] = []
  let waiting: Uint8Array<ArrayBuffer>[] = []
  let bytes = 0
  for await (const piece of pieces) {
    waiting.push(unshared(piece))
    bytes += piece.length
    if (bytes < PART_BYTES) continue
    parts.push(new Blob(waiting))
    waiting = []
    bytes = 0
  }
  return new Blob([...parts, ...waiting], type === undefined ? {} : { type })
}

/** A stream that asks for the next piece when the one before was taken. */
export function toStream(pieces: AsyncIterable<Uint8Array>): ReadableStream<Uint8Array<ArrayBuffer>> {
  const iterator = pieces[Symbol.asyncIterator]()
  return new ReadableStream<Uint8Array<ArrayBuffer>>(
    {
      async pull(controller) {
        const { done, value } = await iterator.next()
        if (done) controller.close()
        else controller.enqueue(unshared(value))
      },
      async cancel() {
        await iterator.return?.()
      },
    },
    { highWaterMark: 0 },
  )
}
