import { CofferError } from '../errors.js'
import { identify } from './identify.js'
import type { ImportReport } from './legacy.js'
import { openLogFile } from './log-codecs.js'
import { createLog, prepareOpening, takeLock } from './open.js'
import type { OpenOptions, TaskOptions } from './options.js'
import type { CofferStorage } from '../storage/storage.js'

export interface ConvertOptions
  extends TaskOptions, Pick<OpenOptions, 'keys' | 'variant' | 'level' | 'blockBytes' | 'chunkBytes' | 'dictionary' | 'lock' | 'lockTimeoutMs' | 'backup' | 'engine'> {
  /** `read`: PyCoffer wrote it (the default). `rewritten`: it was one of ours before PyCoffer changed it. */
  readonly legacy?: 'read' | 'rewritten' | undefined
}

/** What {@link convert} did; `converted` is false where the coffer was one of ours already. */
export interface ConvertReport extends ImportReport {
  readonly converted: boolean
}

/**
 * Makes a coffer that PyCoffer wrote one of ours, under the same keys: then it can be changed, read at any place, and what is
 * moved or cut is noticed. The new file takes the place of the old one in one step, once it is complete.
 *
 * @throws CofferError as {@link openCoffer}.
 */
export async function convert(storage: CofferStorage, options: ConvertOptions): Promise<ConvertReport> {
  const { legacy = 'read', backup, signal, onProgress } = options
  const opening = prepareOpening(storage, { ...options, mode: 'a', legacy })
  const { importLegacy } = await import('./legacy.js')
  const lock = await takeLock(opening)
  try {
    const file = await storage.open('write')
    if (!file) throw new CofferError('ERR_COFFER_NOT_FOUND', `There is no coffer at ${storage.name}.`)
    try {
      const logFile = await openLogFile(file, opening.variant, opening.recipe, opening.engine)
      const identity = await identify(logFile, opening.variant).finally(() => void logFile.codecs.coder.close())
      if (identity.kind === 'ours') return { converted: false, members: 0, bytes: 0 }
      if (backup !== undefined) await storage.backup(backup)
      const replacement = await storage.replace()
      try {
        const log = await createLog(opening, replacement)
        try {
          const markers = legacy === 'rewritten' ? 'accept' : 'refuse'
          const report = await importLegacy(file, opening.recipe, log, { markers, blockBytes: opening.blockBytes, signal, onProgress })
          await log.commit('full')
          await replacement.publish()
          return { converted: true, ...report }
        } finally {
          await log.retire()
        }
      } finally {
        await replacement.close()
      }
    } finally {
      await file.close()
    }
  } finally {
    await lock?.release()
  }
}
