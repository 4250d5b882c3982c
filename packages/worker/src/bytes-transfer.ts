import type { BlockInput, ExtentSource } from '@coffer/core/internal'

/** Each buffer that crosses costs as much as to copy about so much. */
const SHORT_BYTES = 32_768

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

  /** Whatever is so short that a copy is cheaper than a buffer of its own goes together in one. */
  addFiles(files: readonly (Uint8Array | undefined)[]): (Uint8Array | undefined)[] {
    const isShort = (file: Uint8Array): boolean => file.length <= SHORT_BYTES
    const short = this.addTogether(files.filter((file) => file !== undefined).filter(isShort))
    return files.map((file) => file && (isShort(file) ? short.shift() : this.add(file, true)))
  }

  addExtent(extent: ExtentSource, mayTake: boolean): ExtentSource {
    return extent instanceof Uint8Array ? this.add(extent, mayTake) : extent
  }

  /** Several blocks of plaintext, which are small then, go together in one buffer. */
  addBlocks(blocks: readonly BlockInput[], mayTake: boolean): BlockInput[] {
    if (blocks.length < 2 || !blocks.every((block) => 'plain' in block)) return blocks.map((block) => this.#addBlock(block, mayTake))
    const markers = new Map<Uint8Array, Uint8Array>()
    const plains = this.addTogether(blocks.map(({ plain }) => plain))
    return blocks.map(({ marker }, i) => {
      // Most have the same one, which crosses once then.
      if (marker && !markers.has(marker)) markers.set(marker, new Uint8Array(marker))
      return { plain: plains[i] as Uint8Array, marker: marker && markers.get(marker) }
    })
  }

  /** Copies of all of them in one buffer. */
  addTogether(parts: readonly Uint8Array[]): Uint8Array[] {
    const all = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0))
    if (all.length > 0) this.buffers.push(all.buffer)
    let offset = 0
    return parts.map((part) => {
      all.set(part, offset)
      offset += part.length
      return all.subarray(offset - part.length, offset)
    })
  }

  #addBlock(block: BlockInput, mayTake: boolean): BlockInput {
    if ('span' in block) return { span: block.span, marker: block.marker && new Uint8Array(block.marker) }
    if ('stored' in block) return { stored: this.add(block.stored, mayTake) }
    if ('payload' in block) return { payload: this.add(block.payload, mayTake) }
    return { plain: this.add(block.plain, mayTake), marker: block.marker && new Uint8Array(block.marker) }
  }
}
