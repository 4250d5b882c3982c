/** Bytes that wait in memory before they become a blob, which browsers keep on the disk when it is large. */
const PENDING_BYTES = 4_194_304

interface Part {
  readonly start: number
  readonly blob: Blob
}

/**
 * Bytes that can be read and written anywhere and are kept in blobs: memory does not grow with them where the browser keeps blobs on the
 * disk. Blobs never change, so that a copy costs nothing.
 */
export class BlobBytes {
  /** Without gaps, in order. */
  #parts: Part[] = []
  #flushed = 0
  /** What was appended last, behind all parts. */
  #pending = new Uint8Array(0)
  #pendingBytes = 0

  constructor(blob?: Blob) {
    if (!blob || blob.size === 0) return
    this.#parts = [{ start: 0, blob }]
    this.#flushed = blob.size
  }

  get size(): number {
    return this.#flushed + this.#pendingBytes
  }

  /** All bytes as they are now. */
  blob(type?: string): Blob {
    const pending = this.#pending.slice(0, this.#pendingBytes)
    return new Blob([...this.#parts.map(({ blob }) => blob), pending], type === undefined ? {} : { type })
  }

  async read(offset: number, length: number): Promise<Uint8Array> {
    const end = Math.min(this.size, offset + length)
    const out = new Uint8Array(Math.max(0, end - offset))
    const flushed = this.#flushed
    // Taken before anything is waited for: what is written meanwhile comes too late.
    if (end > flushed) out.set(this.#pending.subarray(Math.max(0, offset - flushed), end - flushed), Math.max(0, flushed - offset))
    const parts = this.#slices(offset, Math.min(end, flushed))
    let at = 0
    for (const part of parts) {
      out.set(new Uint8Array(await part.arrayBuffer()), at)
      at += part.size
    }
    return out
  }

  write(offset: number, bytes: Uint8Array): void {
    if (bytes.length === 0) return
    if (offset > this.size) this.write(this.size, new Uint8Array(offset - this.size))
    const inParts = Math.max(0, Math.min(bytes.length, this.#flushed - offset))
    if (inParts > 0) this.#overwrite(offset, bytes.slice(0, inParts))
    if (inParts < bytes.length) this.#append(offset + inParts - this.#flushed, bytes.subarray(inParts))
  }

  truncate(size: number): void {
    if (size > this.size) return this.write(this.size, new Uint8Array(size - this.size))
    if (size < this.#flushed) {
      this.#setParts(this.#slices(0, size))
      this.#pendingBytes = 0
    } else this.#pendingBytes = size - this.#flushed
  }

  #append(at: number, bytes: Uint8Array): void {
    const end = at + bytes.length
    if (end > this.#pending.length) {
      const grown = new Uint8Array(Math.max(end, Math.min(PENDING_BYTES, this.#pending.length * 2)))
      grown.set(this.#pending.subarray(0, this.#pendingBytes))
      this.#pending = grown
    }
    this.#pending.set(bytes, at)
    this.#pendingBytes = Math.max(this.#pendingBytes, end)
    if (this.#pendingBytes < PENDING_BYTES) return
    this.#parts.push({ start: this.#flushed, blob: new Blob([this.#pending.subarray(0, this.#pendingBytes)]) })
    this.#flushed += this.#pendingBytes
    this.#pendingBytes = 0
    this.#pending = new Uint8Array(0)
  }

  #overwrite(offset: number, bytes: Uint8Array<ArrayBuffer>): void {
    const behind = this.#slices(offset + bytes.length, this.#flushed)
    this.#setParts([...this.#slices(0, offset), new Blob([bytes]), ...behind])
  }

  #setParts(blobs: readonly Blob[]): void {
    let start = 0
    this.#parts = blobs.map((blob) => {
      const part = { start, blob }
      start += blob.size
      return part
    })
    this.#flushed = start
  }

  /** Blobs that are together the bytes from `start` to `end`, which are flushed. */
  #slices(start: number, end: number): Blob[] {
    const found: Blob[] = []
    if (end <= start) return found
    for (let index = this.#partAt(start); index < this.#parts.length; index++) {
      const part = this.#parts[index]
      if (!part || part.start >= end) break
      const [from, to] = [Math.max(0, start - part.start), Math.min(part.blob.size, end - part.start)]
      found.push(from === 0 && to === part.blob.size ? part.blob : part.blob.slice(from, to))
    }
    return found
  }

  /** The number of the part that holds a byte, by halving. */
  #partAt(offset: number): number {
    let [low, high] = [0, this.#parts.length - 1]
    while (low < high) {
      const middle = Math.ceil((low + high) / 2)
      if ((this.#parts[middle]?.start ?? 0) <= offset) low = middle
      else high = middle - 1
    }
    return low
  }
}
