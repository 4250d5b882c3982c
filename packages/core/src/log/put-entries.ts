import type { Entry } from './entry.js'
import type { Log } from './log.js'

/** Entries that are read ahead, and that are written at once. */
export const ENTRIES_AT_ONCE = 8

/** An entry that is being written. */
export interface StartedEntry {
  readonly entry: Promise<Entry>
}

/**
 * Puts entries into the catalog, in the order in which they are started and each when it is written; several are written at once. `check` is
 * asked before each, when those before it are there. Resolves when all are there; when one fails, rejects once nobody is at work on the
 * coffer's end any more, which is taken back next.
 */
export async function putEntries(log: Log, started: AsyncIterable<StartedEntry>, check?: (entry: Entry) => void): Promise<void> {
  const underWay: Promise<void>[] = []
  let last = Promise.resolve()
  const putAfter = async (before: Promise<void>, entry: Promise<Entry>): Promise<void> => {
    // Both, also when one fails.
    await Promise.allSettled([before, entry])
    await before
    const written = await entry
    check?.(written)
    log.catalog.put(written)
  }
  let areThere = false
  try {
    for await (const { entry } of started) {
      last = putAfter(last, entry)
      last.catch(() => undefined)
      underWay.push(last)
      if (underWay.length >= ENTRIES_AT_ONCE) await underWay.shift()
    }
    await last
    areThere = true
  } finally {
    await Promise.allSettled(underWay)
    const settling = log.writer.settle()
    await (areThere ? settling : settling.catch(() => undefined))
  }
}
