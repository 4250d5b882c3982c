import { readdir } from 'node:fs/promises'
import { CofferError, openSalvage, type SalvagedFile, type SalvageOptions as CoreSalvageOptions } from '@coffer/core'
import { salvageTo } from '@coffer/core/internal'
import { fileStorage } from './file-storage.js'
import { TreeWriter, type ExtractProblem } from './tree-writer.js'

export interface SalvageOptions extends CoreSalvageOptions {
  /** With `true`, also into a directory that holds something; nothing in it is replaced. */
  readonly intoFilled?: boolean | undefined
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
  /** What the system could not hold. */
  readonly problems: readonly ExtractProblem[]
}

/**
 * Brings out of a damaged coffer whatever is authentic into a directory, as {@link @coffer/core!salvageInto} does into a coffer.
 * The damaged
 * one is only read.
 * @throws CofferError `ERR_COFFER_AUTH` where nothing verifies, `ERR_COFFER_NOT_EMPTY` for a directory that holds something.
 */
export async function salvage(path: string | URL, directory: string, options: SalvageOptions): Promise<SalvageReport> {
  const { intoFilled = false } = options
  if (!intoFilled && (await readdir(directory).catch(() => [])).length > 0) {
    throw new CofferError('ERR_COFFER_NOT_EMPTY', `${directory} is not empty: what is salvaged goes into a directory of its own.`)
  }
  await using left = await openSalvage(fileStorage(path), options)
  const tree = await TreeWriter.create(directory, { overwrite: false })
  const target = {
    directory: ({ name, mode, mtimeMs }: Meta) => tree.directory(name, { mode, mtimeMs }),
    symlink: ({ name, mode, mtimeMs, target: to = '' }: Meta) => tree.symlink(name, to, { mode, mtimeMs }),
    file: async (name: string, { mode, mtimeMs }: Meta, bytes: AsyncIterable<Uint8Array>) =>
      (await tree.file(name, { mode, mtimeMs }, bytes)) !== undefined,
  }
  const { files, ok } = await salvageTo(left, target, options)
  await tree.finish()
  const { problems } = tree
  const { isWhole, isBehind, generation } = left
  return { ok: ok && problems.length === 0, isWhole, isBehind, generation, files, problems }
}

type Meta = Parameters<Parameters<typeof salvageTo>[1]['file']>[1]
