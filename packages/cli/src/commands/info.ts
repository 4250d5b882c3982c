import { access } from 'node:fs/promises'
import { isCofferError, openWithKeyring, type Coffer, type CofferKeys } from '@coffer/core'
import { inspectLog, OpenCoffer, openSession, settingsOf, type LogLayout } from '@coffer/core/internal'
import { fileStorage } from '@coffer/node'
import type { App } from '../app.js'
import { openOptionsOf } from '../target/open.js'
import type { CofferOptions } from '../target/options.js'
import { findTarget, KEYRING_SUFFIX, type Target } from '../target/target.js'
import { count, formatBytes } from '../terminal/format.js'

/** Commits that are followed back; a coffer may have any number. */
const MOST_COMMITS = 1000
/** Commits that are listed for people. */
const SHOWN_COMMITS = 5

/** `coffer info` */
export async function runInfo(app: App, args: readonly string[], options: CofferOptions): Promise<void> {
  const { target } = await findTarget(app, options, args, { mayBeAddress: true })
  const facts = target.keyring
    ? (await openWithKeyring(target.keyring, (keys) => describe(app, target, options, keys))).coffer
    : await describe(app, target, options, target.keys)
  const { out } = app
  if (out.json) {
    await out.value(facts)
    return
  }
  for (const [label, text] of lines(facts)) await out.line(`${out.style('bold', (label === '' ? '' : `${label}:`).padEnd(14))}${text}`)
}

interface Facts {
  readonly path: string
  readonly type: string
  readonly ciphers: { readonly member: string; readonly container: string; readonly zstd: string }
  /** Whether PyCoffer wrote the file: then it has no log, and what is below is unknown. */
  readonly legacy: boolean
  readonly keyring: boolean
  readonly members: { readonly files: number; readonly directories: number; readonly symlinks: number; readonly bytes: number }
  readonly id: string | undefined
  readonly generation: number | undefined
  readonly fingerprint: string | undefined
  readonly recovered: Coffer['recovered']
  readonly layout: LogLayout | undefined
}

async function describe(app: App, target: Target, options: CofferOptions, keys: CofferKeys): Promise<Facts> {
  const open = { ...openOptionsOf(app, target, options, 'r'), keys }
  const storage = target.storage ?? fileStorage(target.path)
  let legacy = false
  const { session, opening } = await openSession(storage, open).catch((error: unknown) => {
    if (!isCofferError(error, 'ERR_COFFER_LEGACY')) throw error
    legacy = true
    return openSession(storage, { ...open, legacy: 'read' })
  })
  legacy ||= open.legacy === 'read' || open.legacy === 'rewritten'
  await using coffer = new OpenCoffer(session, settingsOf(opening))
  const members = { files: 0, directories: 0, symlinks: 0, bytes: 0 }
  for await (const { type, size } of coffer.members()) {
    members[({ file: 'files', directory: 'directories', symlink: 'symlinks' } as const)[type]] += 1
    members.bytes += size
  }
  // What was opened by `legacy` is a temporary coffer, whose log says nothing of the file.
  const { variant } = coffer
  return {
    path: storage.name,
    type: variant.name,
    ciphers: { member: variant.member?.name ?? 'none', container: variant.container?.name ?? 'none', zstd: variant.compression },
    legacy,
    keyring: target.keyring !== undefined || (await access(target.path + KEYRING_SUFFIX).then(() => true, () => false)),
    members,
    id: legacy ? undefined : coffer.id,
    generation: legacy ? undefined : coffer.generation,
    fingerprint: legacy ? undefined : coffer.fingerprint,
    recovered: coffer.recovered,
    layout: legacy ? undefined : await session.read((log) => inspectLog(log, MOST_COMMITS)),
  }
}

function lines(facts: Facts): (readonly [string, string])[] {
  const { path, type, ciphers, legacy, keyring, members, layout, generation = 0, id = '', fingerprint = '' } = facts
  const about: (readonly [string, string])[] = [
    ['File', path],
    ['Type', `${type}: members ${ciphers.member}, the whole ${ciphers.container}, zstd for the ${ciphers.zstd}`],
    ['Keys', keyring ? 'in a keyring' : type === 'null' ? 'none' : 'raw'],
    ['Members', `${count(members.files, 'file')}, ${count(members.directories, 'directory', 'directories')}, ${count(members.symlinks, 'symlink')}`],
    ['Content', formatBytes(members.bytes)],
  ]
  if (legacy || !layout) return [...about, ['Written by', 'PyCoffer: it has no log. "coffer convert" makes it one of ours.']]
  const { fileBytes, liveBytes, deadBytes, tailBytes, commits } = layout
  const part = fileBytes === 0 ? 0 : Math.round((deadBytes / fileBytes) * 100)
  return [
    ...about,
    ['On disk', `${formatBytes(fileBytes)}: ${formatBytes(liveBytes)} live, ${formatBytes(deadBytes)} dead (${part}%)`],
    ...(tailBytes > 0 ? [['Tail', `${tailBytes} bytes behind the last commit, which do not count`] as const] : []),
    ['Generation', String(generation)],
    ['Id', id],
    ['Fingerprint', fingerprint],
    ...commits.slice(0, SHOWN_COMMITS).map(
      ({ generation, bytes, members, relaxed }, i) =>
        [i === 0 ? 'Commits' : '', `${generation}: ${count(members, 'member')}, ${formatBytes(bytes)}${relaxed ? ', relaxed' : ''}`] as const,
    ),
    ...(commits.length > SHOWN_COMMITS ? [['', `and ${commits.length - SHOWN_COMMITS} before`] as const] : []),
  ]
}
