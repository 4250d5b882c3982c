import { readdir } from 'node:fs/promises'
import { CofferError, type CofferErrorCode, type OpenOptions, type TaskOptions } from '@coffer/core'
import { openSalvage, type SalvagedMember, type SalvagedPiece } from '@coffer/core/internal'
import { fileStorage } from './file-storage.js'
import { TreeWriter, type ExtractProblem } from './tree-writer.js'

export interface SalvageOptions extends TaskOptions, Pick<OpenOptions, 'keys' | 'variant' | 'dictionary' | 'lock' | 'lockTimeoutMs' | 'engine'> {
  /** With `true`, also into a directory that holds something; nothing in it is replaced. */
  readonly intoFilled?: boolean | undefined
}

/** What became of one file. */
export interface SalvagedFile {
  readonly name: string
  /** Under which name it was written: one that is not whole ends in `.damaged`, with zeros where bytes are missing. */
  readonly writtenAs: string
  readonly origin: SalvagedMember['origin']
  readonly size: number
  /** Ranges that do not verify; `end` equal to `start` means that how much is missing behind is not known. */
  readonly bad: readonly { readonly start: number; readonly end: number; readonly code: CofferErrorCode }[]
}

export interface SalvageReport {
  /** Whether everything was brought out as the newest commit has it. */
  readonly ok: boolean
  /** Whether the list of members is complete. */
  readonly isWhole: boolean
  readonly generation: number | undefined
  /** Whether what a newer, damaged commit changed is missing. */
  readonly isBehind: boolean
  readonly files: readonly SalvagedFile[]
  readonly problems: readonly ExtractProblem[]
}

/**
 * Brings out of a damaged coffer whatever is authentic into a directory. The coffer is only read.
 * @throws CofferError `ERR_COFFER_AUTH` where nothing verifies, `ERR_COFFER_NOT_EMPTY` for a directory that holds something.
 */
export async function salvage(path: string, directory: string, options: SalvageOptions): Promise<SalvageReport> {
  const { signal, onProgress, intoFilled = false } = options
  if (!intoFilled && (await readdir(directory).catch(() => [])).length > 0) {
    throw new CofferError('ERR_COFFER_NOT_EMPTY', `${directory} is not empty: what is salvaged goes into a directory of its own.`)
  }
  await using left = await openSalvage(fileStorage(path), options)
  const tree = await TreeWriter.create(directory, { overwrite: false })
  const total = left.members.reduce((sum, { member }) => sum + member.size, 0)
  const files: SalvagedFile[] = []
  let done = 0
  for (const salvaged of left.members) {
    const { member, origin } = salvaged
    const { name, mode, mtimeMs, type } = member
    const meta = { mode, mtimeMs }
    if (type === 'directory') await tree.directory(name, meta)
    else if (type === 'symlink') await tree.symlink(name, member.target ?? '', meta)
    else {
      const bad = await badRanges(left.pieces(salvaged, { signal }))
      const writtenAs = bad.length === 0 ? name : `${name}.damaged`
      const size = await tree.file(writtenAs, meta, bytesOf(left.pieces(salvaged, { signal })))
      if (size !== undefined) files.push({ name, writtenAs, origin, size, bad })
      done += member.size
      onProgress?.({ phase: 'salvage', done, total })
    }
  }
  await tree.finish()
  const { problems } = tree
  const ok = left.isWhole && !left.isBehind && problems.length === 0 && files.every(({ bad, origin }) => bad.length === 0 && origin === 'newest')
  return { ok, isWhole: left.isWhole, isBehind: left.isBehind, generation: left.generation, files, problems }
}

/** The ranges that are missing, those next to each other in one. */
async function badRanges(pieces: AsyncIterable<SalvagedPiece>): Promise<{ start: number; end: number; code: CofferErrorCode }[]> {
  const bad: { start: number; end: number; code: CofferErrorCode }[] = []
  for await (const { start, end, code } of pieces) {
    if (code === undefined) continue
    const last = bad.at(-1)
    if (last?.end === start && last.code === code) bad[bad.length - 1] = { ...last, end }
    else bad.push({ start, end, code })
  }
  return bad
}

async function* bytesOf(pieces: AsyncIterable<SalvagedPiece>): AsyncGenerator<Uint8Array> {
  for await (const { start, end, bytes } of pieces) yield bytes ?? new Uint8Array(end - start)
}
