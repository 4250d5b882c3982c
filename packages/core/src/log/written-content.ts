import { inOrder } from '../async/in-order.js'
import { CofferError } from '../errors.js'
import { BlockReader } from './block-reader.js'
import type { Block, Extent, RecordRef } from './entry.js'
import { readIndexRecords } from './index-chain.js'
import { decodeTable } from './index-record.js'
import type { LogFile } from './log-file.js'
import { recordTypes } from './record.js'

/** Places that are known to have been looked at. Beyond that the oldest are forgotten, which only costs time. */
const PLACES_KNOWN = 1_000_000

/**
 * Verifies what was written for the commit of this index: its index records, and what they name, each extent once.
 * @throws CofferError `ERR_COFFER_AUTH`, `ERR_COFFER_DAMAGED` where any of it is not there.
 */
export async function verifyWritten(log: LogFile, index: RecordRef): Promise<void> {
  const reader = new BlockReader(log)
  const { coder } = log.codecs
  const verified = inOrder(writtenBlocks(log, index), () => coder.concurrency, async (block) => {
    await reader.verifyExtent(block)
    return block
  })
  for await (const block of verified) void block
}

/** One block of each extent. */
async function* writtenBlocks(log: LogFile, index: RecordRef): AsyncGenerator<Block> {
  const known = new Set<number>()
  let left = await log.file.size()
  const isNew = ({ offset, length }: Extent): boolean => {
    if (known.has(offset)) return false
    if (known.size === PLACES_KNOWN) known.clear()
    known.add(offset)
    left -= length
    // Else a short file could make whoever opens it work without end.
    if (left < 0) throw new CofferError('ERR_COFFER_DAMAGED', 'The index of the coffer names more bytes than its file has.')
    return true
  }
  for await (const { record } of readIndexRecords(log, index)) {
    for (const item of record.items) {
      if (item.kind !== 'put' || item.entry.type !== 'file') continue
      const { content } = item.entry
      if (content.kind === 'inline') yield* content.blocks.filter(({ extent }) => isNew(extent))
      if (content.kind !== 'tables') continue
      for (const table of content.tables) {
        if (isNew(table)) yield* decodeTable(await log.readRecord(recordTypes.table, table)).filter(({ extent }) => isNew(extent))
      }
    }
    // Those before were synced with their own commit.
    if (!record.continues) break
  }
}
