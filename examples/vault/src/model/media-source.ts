import { CofferError, isCofferError, type Coffer, type Member } from '@coffer/core'

/** Content that can be read in any place. */
export interface MediaSource {
  readonly size: number
  /** The bytes from `start` up to `end`, not more than to `pieceEnd(start)`. They belong to the caller. @throws whatever keeps it from being read. */
  read(start: number, end: number, signal: AbortSignal): Promise<Uint8Array>
  /** Where a piece that begins at `start` had best end, so that nothing is decoded twice. */
  pieceEnd(start: number): number
}

/** What is authenticated at once: whoever wants a byte of a block decodes all of it. Members of others' coffers may have smaller ones. */
const BLOCK_BYTES = 524_288

/** What is needed of a session. */
export interface CofferHolder {
  readonly coffer: { readonly value: Coffer }
}

/** Blocks that are kept decoded while a member is shown: players ask for its beginning several times, and for places near to each other. */
const KEPT_BLOCKS = 6

/** A member of the vault, in the version that `member` tells of, also when this tab takes over from another meanwhile. */
export function memberSource(session: CofferHolder, member: Member): MediaSource {
  const { name, size, mtimeMs } = member
  const kept = new Map<number, Promise<Uint8Array>>()
  const decode = async (coffer: Coffer, block: number): Promise<Uint8Array> => {
    // Not by read(), which has more than a few blocks wait for threads to start: somebody waits for this one.
    await using file = await coffer.file(name)
    return file.read(block * BLOCK_BYTES, Math.min(size, (block + 1) * BLOCK_BYTES))
  }
  const decoded = (coffer: Coffer, block: number): Promise<Uint8Array> => {
    const bytes = kept.get(block) ?? decode(coffer, block)
    // The one that was used last is the last to go.
    kept.delete(block)
    kept.set(block, bytes)
    bytes.catch(() => kept.delete(block))
    const [oldest] = kept.keys()
    if (kept.size > KEPT_BLOCKS && oldest !== undefined) kept.delete(oldest)
    return bytes
  }
  return {
    size,
    pieceEnd: (start) => Math.min(size, (Math.floor(start / BLOCK_BYTES) + 1) * BLOCK_BYTES),
    read: async (start, end, signal) => {
      for (;;) {
        const coffer = session.coffer.value
        try {
          const now = await coffer.stat(name)
          if (now?.size !== size || now.mtimeMs !== mtimeMs) throw new CofferError('ERR_COFFER_NOT_FOUND', 'The file was changed while it was shown.')
          signal.throwIfAborted()
          const block = Math.floor(start / BLOCK_BYTES)
          const bytes = await decoded(coffer, block)
          return bytes.slice(start - block * BLOCK_BYTES, end - block * BLOCK_BYTES)
        } catch (error) {
          const isReplaced = isCofferError(error, 'ERR_COFFER_CLOSED') && session.coffer.value !== coffer
          if (!isReplaced) throw error
        }
      }
    },
  }
}

/** A file that stands by itself, unencrypted. */
export function fileSource(file: Blob): MediaSource {
  const { size } = file
  return {
    size,
    pieceEnd: (start) => Math.min(size, (Math.floor(start / BLOCK_BYTES) + 1) * BLOCK_BYTES),
    read: async (start, end) => new Uint8Array(await file.slice(start, end).arrayBuffer()),
  }
}
