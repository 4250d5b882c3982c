import { access } from 'node:fs/promises'
import { CofferError, openWithKeyring, type CofferKeys, type OpenOptions, type PluginSource } from '@coffer/core'
import { openCoffer, type NodeCoffer } from '@coffer/node'
import type { App } from '../app.js'
import { usageError, withHint } from '../command-error.js'
import type { CofferOptions } from './options.js'
import { findPlace, targetAt, type Target } from './target.js'

export interface OpenSettings {
  readonly mode: 'r' | 'a'
  /** Makes the coffer where there is none; else that is an error. */
  readonly create?: boolean
  /** Of third parties. */
  readonly plugins?: readonly PluginSource[]
}

const NO_LOCK_HINT = '--no-lock reads a coffer in a folder that nothing can be written to.'

/** Runs a command on the coffer that its arguments name, and closes it: with a commit when it went well, without one when not. */
export async function withCoffer<T>(
  app: App,
  options: CofferOptions,
  args: readonly string[],
  { mode, create = false, plugins = [] }: OpenSettings,
  work: (coffer: NodeCoffer, rest: string[], target: Target) => Promise<T>,
): Promise<T> {
  const { place, rest } = await findPlace(app, options, args, { mayBeAddress: mode === 'r' })
  const isThere = place.storage !== undefined || (await access(place.path).then(() => true, () => false))
  // Before anybody is asked for a password.
  if (!isThere && !create) throw new CofferError('ERR_COFFER_NOT_FOUND', `There is no coffer ${place.path}.`)
  const target = await targetAt(app, place, options)
  const coffer = await openTarget(app, target, options, mode, plugins)
  try {
    if (coffer.recovered) app.out.warn(recoveredText(coffer.recovered))
    const result = await work(coffer, rest, target)
    await coffer.close()
    if (!isThere && mode === 'a') app.out.note(`Made the coffer ${target.path}.`)
    return result
  } catch (error) {
    await coffer.discard()
    throw error
  }
}

/** Opens a coffer with the options of the command line. */
export async function openTarget(
  app: App,
  target: Target,
  options: CofferOptions,
  mode: 'r' | 'a',
  plugins: readonly PluginSource[] = [],
): Promise<NodeCoffer> {
  const { path, storage, keyring } = target
  const open = (keys: CofferKeys): Promise<NodeCoffer> => openCoffer(storage ?? path, { ...openOptionsOf(app, target, options, mode), keys, plugins })
  const openNow = async (): Promise<NodeCoffer> => (keyring ? (await openWithKeyring(keyring, open)).coffer : open(target.keys))
  return orRecover(options, () => (mode === 'r' && !storage ? withHint(['ERR_COFFER_PERMISSION', 'ERR_COFFER_FULL'], NO_LOCK_HINT, openNow) : openNow()))
}

/** Opens a coffer; where its end is damaged, the user is told of `--recover`, which nothing else needs. */
export function orRecover<T>(options: CofferOptions, open: () => Promise<T>): Promise<T> {
  const isOfPyCoffer = legacyOf(options) === 'read'
  const hint = isOfPyCoffer
    ? '--legacy rewritten reads a coffer of ours that PyCoffer changed.'
    : '--recover opens an older commit, and "coffer salvage" brings out what is left.'
  return options.recover ? open() : withHint('ERR_COFFER_DAMAGED', hint, open)
}

/** What the command line says of how to open, without keys. */
export function openOptionsOf<M extends 'r' | 'a'>(app: App, target: Target, options: CofferOptions, mode: M): OpenOptions & { readonly mode: M } {
  if (mode !== 'r' && options.lock === false) throw usageError('--no-lock is for commands that only read.')
  return {
    mode,
    ...(target.type === undefined ? {} : { variant: target.type }),
    // One commit a command, when all of it is done.
    autoFlush: false,
    backup: target.backup,
    legacy: legacyOf(options) ?? target.legacy,
    recover: options.recover,
    lock: options.lock === false ? 'none' : undefined,
    lockTimeoutMs: lockTimeoutOf(options),
    signal: app.signal,
  }
}

function legacyOf({ legacy }: CofferOptions): OpenOptions['legacy'] {
  if (legacy === undefined || legacy === false) return undefined
  if (legacy === true || legacy === 'read') return 'read'
  if (legacy === 'rewritten') return 'rewritten'
  throw usageError('--legacy is "read", for a coffer that PyCoffer made, or "rewritten", for one of ours that it changed.')
}

function lockTimeoutOf({ lockTimeout }: CofferOptions): number | undefined {
  if (lockTimeout === undefined) return undefined
  const seconds = Number(lockTimeout)
  if (seconds >= 0 && lockTimeout.trim() !== '') return seconds * 1000
  throw usageError('--lock-timeout is a number of seconds.')
}

function recoveredText({ generation, droppedBytes, reason }: NonNullable<NodeCoffer['recovered']>): string {
  return `the coffer ends in ${droppedBytes} bytes that do not count (${reason}); generation ${generation} is what was opened.`
}
