/** Gives memory of exactly so many bytes, with anything in it. */
export type Allocate = (length: number) => Uint8Array

/** Memory that nobody had before. */
export const allocateFresh: Allocate = (length) => new Uint8Array(length)

/** Memory for one piece of work. */
export interface Lease {
  readonly allocate: Allocate
  /**
   * For the next one: nobody looks at, or writes into, what was allocated any more. After a failure somebody may, so that nothing is given
   * back then and the collector has it.
   */
  giveBack(): void
}

/** Shorter memory costs nothing, and longer is rare. */
const SHORTEST_BYTES = 65_536
/** A block with all that is put around it, in Fernet's tokens too, which are a third longer. */
const BUFFER_BYTES = 720_896
/** What two blocks of a bank at once need, each with the bytes of every stage. */
const KEPT = 12
/** The next coffer may be opened by then. */
const DROPPED_AFTER_MS = 500

const free: ArrayBuffer[] = []
let dropping: number | { unref(): unknown } | undefined

/**
 * Memory of blocks that goes from hand to hand on one thread: fresh memory for each block costs as much as a cipher does, in the system's
 * zeros, the collector's work and the processor's cache.
 */
export function leaseMemory(): Lease {
  const taken: ArrayBuffer[] = []
  return {
    allocate(length) {
      if (length < SHORTEST_BYTES || length > BUFFER_BYTES) return new Uint8Array(length)
      const buffer = free.pop() ?? new ArrayBuffer(BUFFER_BYTES)
      taken.push(buffer)
      return new Uint8Array(buffer, 0, length)
    },
    giveBack() {
      for (const buffer of taken.splice(0)) if (free.length < KEPT) free.push(buffer)
    },
  }
}

/** Lets go of it soon: what is in it is not to be held for long after the coffer that it was of. */
export function dropMemorySoon(): void {
  if (dropping !== undefined || free.length === 0) return
  dropping = setTimeout(() => {
    dropping = undefined
    free.length = 0
  }, DROPPED_AFTER_MS)
  // A timer of Node's alone is no reason to stay.
  if (typeof dropping === 'object') dropping.unref()
}
