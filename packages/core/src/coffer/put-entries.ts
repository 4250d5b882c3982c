import { CofferError } from '../errors.js'
import type { Entry } from '../log/entry.js'
import type { Log } from '../log/log.js'
import { checkName, portabilityProblem } from '../tar/names.js'
import { existsError } from './member-errors.js'

/** Entries of a tree that are read ahead, and that are written at once. */
export const ENTRIES_AT_ONCE = 8

/** An entry that is being written. */
export interface StartedEntry {
  readonly entry: Promise<Entry>
}

/** How the entries of a tree are put into a coffer. */
export interface PutSettings {
  /** Whether names have to be such that all systems can have them. */
  readonly portable: boolean
  /** With `false`, no file takes the place of another. */
  readonly replace?: boolean | undefined
}

/** @throws CofferError `ERR_COFFER_NAME`. */
export function checkMemberName(name: string, { portable }: Pick<PutSettings, 'portable'>): void {
  checkName(name)
  const problem = portable ? portabilityProblem(name) : undefined
  if (problem !== undefined) throw new CofferError('ERR_COFFER_NAME', `${JSON.stringify(name)} is not portable: ${problem}.`)
}

/** Whether an entry may be put, as far as can be seen before it is written. @throws CofferError `ERR_COFFER_NAME`, `ERR_COFFER_EXISTS`, `ERR_COFFER_CONFLICT`. */
export function checkNewEntry(log: Log, name: string, type: Entry['type'], settings: PutSettings): void {
  checkMemberName(name, settings)
  checkFree(log, name, type, settings)
}

function checkFree({ catalog }: Log, name: string, type: Entry['type'], { replace }: PutSettings): void {
  if (replace === false && type !== 'directory' && catalog.get(name)) throw existsError(name)
  catalog.checkPlace(name, type)
}

/**
 * Puts entries into the catalog, in the order in which they are started and each when it is written; several are written at once. Resolves when
 * all are there; when one fails, rejects once nobody is at work on the coffer's end any more, which is taken back next.
 */
export async function putEntries(log: Log, started: AsyncIterable<StartedEntry>, settings: PutSettings): Promise<void> {
  const underWay: Promise<void>[] = []
  let last = Promise.resolve()
  try {
    for await (const { entry } of started) {
      last = putAfter(last, log, entry, settings)
      last.catch(() => undefined)
      underWay.push(last)
      if (underWay.length >= ENTRIES_AT_ONCE) await underWay.shift()
    }
    await last
    await log.writer.settle()
  } finally {
    await Promise.allSettled(underWay)
  }
}

async function putAfter(before: Promise<void>, log: Log, started: Promise<Entry>, settings: PutSettings): Promise<void> {
  // Both, also when one fails.
  await Promise.allSettled([before, started])
  await before
  const entry = await started
  // Again: those before it were not there yet when it was started.
  checkFree(log, entry.name, entry.type, settings)
  log.catalog.put(entry)
}
