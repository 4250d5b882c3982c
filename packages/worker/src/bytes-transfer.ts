import type { BlockInput, ExtentSource } from '@coffer/core/internal'

/** Collects bytes to be handed over to another thread. */
export class TransferList {
  readonly buffers: ArrayBuffer[] = []

  /**
   * The same bytes, alone in their memory: as they are where they are so already and `mayTake`, else a copy. (A view would take, or clone,
   * all the memory that it looks into.)
   */
  add(bytes: Uint8Array, mayTake: boolean): Uint8Array {
    const { buffer } = bytes
    const isWhole = buffer instanceof ArrayBuffer && bytes.byteLength === buffer.byteLength && !this.buffers.includes(buffer)
    const own = mayTake && isWhole ? new Uint8Array(buffer) : new Uint8Array(bytes)
    this.buffers.push(own.buffer)
    return own
  }

  addExtent(extent: ExtentSource, mayTake: boolean): ExtentSource {
    return extent instanceof Uint8Array ? this.add(extent, mayTake) : extent
  }

  addBlock(block: BlockInput, mayTake: boolean): BlockInput {
    if ('span' in block) return { span: block.span, marker: block.marker && new Uint8Array(block.marker) }
    if ('stored' in block) return { stored: this.add(block.stored, mayTake) }
    if ('payload' in block) return { payload: this.add(block.payload, mayTake) }
    return { plain: this.add(block.plain, mayTake), marker: block.marker && new Uint8Array(block.marker) }
  }
}
