import { isCofferError, type CofferErrorCode } from '../errors.js'
import { blockCountOf, plainBytesOf, type FileEntry } from '../log/entry.js'
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
  for (const file of files) {
    for (let index = 0; index < blockCountOf(file); ) {
      const from = index
      try {
        for await (const piece of log.reader.readBlocks(file, index, blockCountOf(file), { signal })) {
          index += 1
          bytes += piece.length
          done += piece.length
          onProgress?.({ phase: 'verify', done, total })
        }
      } catch (error) {
        if (!isCofferError(error) || !isOfContent(error.code)) throw error
        // Some were read ahead: all before `index` verified, this one did not.
        addBad(bad, file, index, error.code)
        done += plainBytesOf(file, index)
        index += 1
      }
      if (index === from) break
    }
  }
  return { ok: bad.length === 0, members: entries.length, bytes, bad }
}

function isOfContent(code: CofferErrorCode): boolean {
  return code === 'ERR_COFFER_AUTH' || code === 'ERR_COFFER_DAMAGED' || code === 'ERR_COFFER_LIMIT'
}

function addBad(bad: BadRange[], file: FileEntry, index: number, code: CofferErrorCode): void {
  const start = index * file.blockBytes
  const end = start + plainBytesOf(file, index)
  const last = bad.at(-1)
  if (last?.name === file.name && last.end === start && last.code === code) bad[bad.length - 1] = { ...last, end }
  else bad.push({ name: file.name, start, end, code })
}
