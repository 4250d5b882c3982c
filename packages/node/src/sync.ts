import type { CofferPlugin, TaskOptions } from '@coffer/core'
import { CofferError } from '@coffer/core'
import type { NodeCoffer } from './node-coffer.js'
import type { SymlinkPolicy } from './tree-walk.js'

/**
 * The plugin `sync` [PyCoffer: rsync]: brings a directory in a coffer up to date, or one on the file system, and writes only
 * what changed.
 * What the coffer's plugins keep, below `.plugins/`, is left alone.
 */
export interface Sync {
  /**
   * Makes what is below `name` in the coffer like the directory `source`, in one change: when it fails or is aborted, nothing of
   * it remains.
   * With `autoFlush` that is one commit; else the caller flushes or closes the coffer.
   */
  into(source: string, name: string, options?: SyncOptions): Promise<SyncReport>
  /** Makes the directory `target` like what is below `name` in the coffer; all of it for an empty name. */
  back(name: string, target: string, options?: SyncOptions): Promise<SyncReport>
}

export interface SyncOptions extends TaskOptions {
  /** Only says what would change. */
  readonly dry?: boolean | undefined
  /**
   * Compares contents. Else a file of the same size and time, to the second where one side knows no more, is taken for the same.
   * Modes are compared either way, but on Windows, which has none.
   */
  readonly checksum?: boolean | undefined
  /** Deletes what the source does not have. */
  readonly delete?: boolean | undefined
  /** Globs of what is left alone on both sides; see {@link WalkOptions.exclude}. */
  readonly exclude?: readonly string[] | undefined
  /** What to do with symlinks of a directory that is the source. */
  readonly symlinks?: SymlinkPolicy | undefined
  /** Asked once, before anything is deleted; with `false` nothing at all is done. */
  readonly confirmDeletes?: ((names: readonly string[]) => Promise<boolean>) | undefined
  /** Told what is left out because it cannot be stored, or was removed meanwhile. */
  readonly onSkip?: ((path: string, reason: string) => void) | undefined
}

/** What is done with one name. `conflict`: a directory stands in the place of a file, or the reverse, and may not be deleted. */
export type SyncAction = 'add' | 'update' | 'delete' | 'conflict'

export interface SyncChange {
  readonly action: SyncAction
  /** From the source on, components separated by `/`. */
  readonly name: string
  readonly type: 'file' | 'directory' | 'symlink'
  readonly size: number
  /** Why it is written: `new`, or in what the two differ. */
  readonly reason: 'new' | 'size' | 'time' | 'content' | 'mode' | 'type' | 'link' | 'gone'
}

export interface SyncReport {
  readonly changes: readonly SyncChange[]
  readonly unchanged: number
  /** Plaintext bytes that were written, or would be. */
  readonly bytes: number
  /** Whether it was done: not with `dry`, nor where deleting was declined. */
  readonly done: boolean
  /** What the file system could not hold, or would not let go of; it is not among the changes. */
  readonly problems: readonly { readonly name: string; readonly message: string }[]
}

/** The plugin, for the option `plugins` of `openCoffer`; this package's own opens every coffer with it. */
export const syncPlugin: CofferPlugin<Sync> = {
  name: 'sync',
  kind: 'coffer',
  description: 'Bring a directory in a coffer up to date, or the reverse',
  create: ({ coffer }) => {
    if (!isNodeCoffer(coffer)) {
      throw new CofferError('ERR_COFFER_PLUGIN', 'The plugin "sync" works on coffers that @coffer/node has opened.')
    }
    return {
      into: async (source, name, options = {}) => (await import('./sync-into.js')).syncInto(coffer, source, name, options),
      back: async (name, target, options = {}) => (await import('./sync-back.js')).syncBack(coffer, name, target, options),
    }
  },
}

function isNodeCoffer(coffer: object): coffer is NodeCoffer {
  return 'extractAll' in coffer
}
