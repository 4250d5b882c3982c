import { breather } from '../async/breather.js'
import { inOrder } from '../async/in-order.js'
import { isCofferError, type CofferError, type CofferErrorCode } from '../errors.js'
import { memberBatches } from '../log/block-reader.js'
import { blockCountOf, TABLE_BLOCKS, type Entry, type FileEntry } from '../log/entry.js'
import type { Log } from '../log/log.js'
import type { TaskOptions } from './options.js'

/** What {@link Coffer.verify} found. */
export interface VerifyReport {
  readonly ok: boolean
  /** Members that were looked at. */
  readonly members: number
  /** Plaintext bytes that verified. */
  readonly bytes: number
  /** Ranges of members that do not verify, blocks next to each other in one. */
  readonly bad: readonly BadRange[]
}

export interface BadRange {
  readonly name: string
  readonly start: number
  readonly end: number
  readonly code: CofferErrorCode
}

/** Reads every block of every file. */
export async function verifyLog(log: Log, { signal, onProgress }: TaskOptions): Promise<VerifyReport> {
  const entries = [...log.catalog.standing.entries()]
  const files = entries.filter((entry) => entry.type === 'file')
  const total = files.reduce((sum, file) => sum + file.size, 0)
  const bad: BadRange[] = []
  let done = 0
  let bytes = 0
  const breathe = breather()
  const count = (sound: number): void => {
    bytes += sound
    done += sound
    onProgress?.({ phase: 'verify', done, total })
  }
  const verifyBlocks = async (file: FileEntry): Promise<void> => {
    for (let index = 0; index < blockCountOf(file); ) {
      const from = index
      try {
        for await (const piece of log.reader.readBlocks(file, index, blockCountOf(file), { signal })) {
          index += 1
          count(piece.length)
          await breathe()
        }
      } catch (error) {
        if (!isOfContent(error)) throw error
        // Some were read ahead: all before `index` verified, this one did not.
        const end = (await log.reader.hasTable(file, index)) ? index + 1 : tableEnd(file, index)
        done += addBad(bad, file, index, end, error.code)
        index = end
        await breathe()
      }
      if (index === from) break
    }
  }
  log.file.codecs.coder.expect?.(total, 'decode')
  const batches = inOrder(memberBatches(files), () => log.reader.batchesAtOnce, async (batch) => ({ batch, areSound: await areSound(log, batch, signal) }))
  for await (const { batch, areSound: isDone } of batches) {
    for (const file of batch as FileEntry[]) {
      await breathe()
      signal?.throwIfAborted()
      if (isDone) count(file.size)
      else await verifyBlocks(file)
    }
  }
  return { ok: bad.length === 0, members: entries.length, bytes, bad }
}

/** Whether files of one extent verify together. False also where they are to be looked at one by one. */
async function areSound({ reader }: Log, batch: readonly Entry[], signal: AbortSignal | undefined): Promise<boolean> {
  try {
    return (await reader.readBatch(batch, { signal })) !== undefined
  } catch (error) {
    if (isOfContent(error)) return false
    throw error
  }
}

function isOfContent(error: unknown): error is CofferError {
  return isCofferError(error) && ['ERR_COFFER_AUTH', 'ERR_COFFER_DAMAGED', 'ERR_COFFER_LIMIT'].includes(error.code)
}

/** Where the blocks end that are in one table with that one. */
function tableEnd(file: FileEntry, index: number): number {
  return Math.min(blockCountOf(file), (Math.floor(index / TABLE_BLOCKS) + 1) * TABLE_BLOCKS)
}

/** Returns the bytes of the blocks from `first` up to `until`. */
function addBad(bad: BadRange[], { name, size, blockBytes }: FileEntry, first: number, until: number, code: CofferErrorCode): number {
  const start = first * blockBytes
  const end = Math.min(size, until * blockBytes)
  const last = bad.at(-1)
  if (last?.name === name && last.end === start && last.code === code) bad[bad.length - 1] = { ...last, end }
  else bad.push({ name, start, end, code })
  return end - start
}
