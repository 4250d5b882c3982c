import { generateKeys } from '@coffer/core'
import { chmodSync, chownSync, linkSync, lstatSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, readlinkSync, rmSync, statSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeEach, describe, expect, test } from 'vitest'
import { openCoffer, type NodeCoffer, type Sync, type SyncOptions, type SyncReport } from '../src/index.js'
import { mkfifoSync } from './fifo.js'
import { withoutPrivileges } from './system.js'

const base = mkdtempSync(join(tmpdir(), 'coffer-sync-'))
const keys = await generateKeys('store')
let folder = ''
let count = 0
const at = (...names: string[]): string => join(folder, ...names)

beforeEach(() => {
  folder = join(base, String(count++))
  mkdirSync(at('source/deep'), { recursive: true })
  writeFileSync(at('source/a.txt'), 'first')
  writeFileSync(at('source/deep/b.txt'), 'second')
  symlinkSync('a.txt', at('source/link'))
})
afterAll(() => rmSync(base, { recursive: true, force: true }))

async function withSync<T>(work: (sync: Sync, coffer: NodeCoffer) => Promise<T>): Promise<T> {
  await using coffer = await openCoffer(at('vault.pcof'), { mode: 'a', variant: 'store', keys })
  return await work(await coffer.plugin<Sync>('sync'), coffer)
}

const into = (options?: SyncOptions): Promise<SyncReport> => withSync((sync) => sync.into(at('source'), 'mirror', options))
const back = (options?: SyncOptions, target = 'target'): Promise<SyncReport> => withSync((sync) => sync.back('mirror', at(target), options))
const said = ({ changes }: SyncReport): string[] => changes.map(({ action, name, reason }) => `${action} ${name} ${reason}`).toSorted()
const names = (): Promise<string[]> =>
  withSync(async (_, coffer) => {
    const found: string[] = []
    for await (const { name } of coffer.members()) found.push(name)
    return found.toSorted()
  })

describe('into a coffer', () => {
  test('writes what is new, and then nothing', async () => {
    expect(said(await into())).toEqual(['add a.txt new', 'add deep new', 'add deep/b.txt new', 'add link new'])
    expect(await names()).toEqual(['mirror', 'mirror/a.txt', 'mirror/deep', 'mirror/deep/b.txt', 'mirror/link'])
    const size = statSync(at('vault.pcof')).size
    expect(await into()).toEqual({ changes: [], unchanged: 4, bytes: 0, done: true, problems: [] })
    expect(statSync(at('vault.pcof')).size).toBe(size)
  })

  test('writes no more than what changed', async () => {
    writeFileSync(at('source/large'), Buffer.alloc(3_000_000, Math.random().toString()))
    await into()
    const size = statSync(at('vault.pcof')).size
    writeFileSync(at('source/a.txt'), 'other')
    const later = new Date(Date.now() + 5000)
    utimesSync(at('source/a.txt'), later, later)
    expect(said(await into())).toEqual(['update a.txt time'])
    expect(statSync(at('vault.pcof')).size - size).toBeLessThan(5000)
    expect(await withSync((_, coffer) => coffer.readText('mirror/a.txt'))).toBe('other')
  })

  test('tells by size and time, or by content', async () => {
    await into()
    const { atime, mtime } = statSync(at('source/a.txt'))
    // Of the same size and time.
    writeFileSync(at('source/a.txt'), 'FIRST')
    utimesSync(at('source/a.txt'), atime, mtime)
    expect(said(await into())).toEqual([])
    expect(said(await into({ checksum: true }))).toEqual(['update a.txt content'])
    writeFileSync(at('source/deep/b.txt'), 'second')
    utimesSync(at('source/deep/b.txt'), new Date(0), new Date(0))
    expect(said(await into({ checksum: true }))).toEqual([])
    writeFileSync(at('source/deep/b.txt'), 'longer than it was')
    expect(said(await into())).toEqual(['update deep/b.txt size'])
  })

  test('another mode is a change; a directory that has none of its own has every mode', async () => {
    chmodSync(at('source/a.txt'), 0o640)
    chmodSync(at('source/deep'), 0o755)
    await into()
    chmodSync(at('source/a.txt'), 0o750)
    chmodSync(at('source/deep'), 0o700)
    const report = await into()
    expect(said(report)).toEqual(['update a.txt mode', 'update deep mode'])
    expect(report.bytes).toBe(5)
    const stats = await withSync(async (_, coffer) => [await coffer.stat('mirror/a.txt'), await coffer.stat('mirror/deep'), await coffer.readText('mirror/a.txt')] as const)
    expect(stats).toMatchObject([{ mode: 0o750 }, { mode: 0o700 }, 'first'])
    expect(said(await into({ checksum: true }))).toEqual([])
    await withSync((_, coffer) => coffer.delete('mirror/deep', { recursive: true }))
    await withSync((_, coffer) => coffer.write('mirror/deep/other', ''))
    expect(said(await into())).toEqual(['add deep/b.txt new'])
  })

  test('a dry run changes nothing and says the same', async () => {
    const dry = await into({ dry: true, delete: true })
    expect(dry.done).toBe(false)
    expect(await names()).toEqual([])
    expect(said(await into())).toEqual(said(dry))
  })

  test('deletes only when it is told to, and not when that is declined', async () => {
    await into()
    rmSync(at('source/deep'), { recursive: true })
    writeFileSync(at('source/new'), 'x')
    expect(said(await into())).toEqual(['add new new'])
    rmSync(at('source/new'))
    const asked: string[][] = []
    const declined = await into({ delete: true, confirmDeletes: async (names) => (asked.push([...names]), false) })
    expect(asked).toEqual([['deep/b.txt', 'deep', 'new']])
    expect(declined.done).toBe(false)
    expect(await names()).toContain('mirror/deep/b.txt')
    await into({ delete: true, confirmDeletes: async () => true })
    expect(await names()).toEqual(['mirror', 'mirror/a.txt', 'mirror/link'])
  })

  test('leaves alone what is excluded, on both sides', async () => {
    mkdirSync(at('source/cache'))
    writeFileSync(at('source/cache/x'), '')
    await into()
    writeFileSync(at('source/cache/y'), '')
    rmSync(at('source/a.txt'))
    expect(said(await into({ delete: true, exclude: ['cache', 'a.*'] }))).toEqual([])
    expect(await names()).toContain('mirror/cache/x')
    expect(await names()).toContain('mirror/a.txt')
  })

  test('a directory that is there for what is excluded alone is in the way of a file, and nothing else', async () => {
    await into()
    await withSync((_, coffer) => coffer.write('mirror/new/x.log', 'stays'))
    writeFileSync(at('source/new'), 'a file')
    writeFileSync(at('source/a.txt'), 'longer now')
    expect(said(await into({ delete: true, exclude: ['*.log'] }))).toEqual(['conflict new type', 'update a.txt size'])
    expect(await withSync((_, coffer) => coffer.readText('mirror/new/x.log'))).toBe('stays')
  })

  test('a file in the place of a directory, and the reverse, is a conflict unless it may be deleted', async () => {
    await into()
    rmSync(at('source/deep'), { recursive: true })
    writeFileSync(at('source/deep'), 'a file now')
    rmSync(at('source/a.txt'))
    mkdirSync(at('source/a.txt'))
    writeFileSync(at('source/a.txt/inner'), 'x')
    const report = await into()
    expect(said(report)).toEqual(['conflict a.txt type', 'conflict deep type'])
    expect(await withSync((_, coffer) => coffer.readText('mirror/deep/b.txt'))).toBe('second')
    await into({ delete: true })
    expect(await withSync((_, coffer) => coffer.readText('mirror/deep'))).toBe('a file now')
    expect(await withSync((_, coffer) => coffer.readText('mirror/a.txt/inner'))).toBe('x')
    expect(said(await into({ delete: true }))).toEqual([])
  })

  test('a link that points elsewhere, and one that became a file', async () => {
    await into()
    rmSync(at('source/link'))
    symlinkSync('deep', at('source/link'))
    expect(said(await into())).toEqual(['update link link'])
    expect((await withSync((_, coffer) => coffer.stat('mirror/link')))?.target).toBe('deep')
    rmSync(at('source/link'))
    writeFileSync(at('source/link'), 'no link')
    expect(said(await into())).toEqual(['update link type'])
    expect(await withSync((_, coffer) => coffer.readText('mirror/link'))).toBe('no link')
  })

  test('the coffer may lie in the source', async () => {
    await withSync((sync) => sync.into(folder, 'all'))
    expect((await names()).filter((name) => name.includes('vault'))).toEqual([])
  })

  test('refuses what it cannot do', async () => {
    await expect(withSync((sync) => sync.into(at('source/a.txt'), 'mirror'))).rejects.toMatchObject({ code: 'ERR_COFFER_CONFLICT' })
    await expect(withSync((sync) => sync.into(at('nowhere'), 'mirror'))).rejects.toMatchObject({ code: 'ERR_COFFER_NOT_FOUND' })
    await expect(withSync((sync) => sync.into(at('source'), '../x'))).rejects.toMatchObject({ code: 'ERR_COFFER_NAME' })
    await expect(back()).rejects.toMatchObject({ code: 'ERR_COFFER_NOT_FOUND' })
    await into()
    await using coffer = await openCoffer(at('vault.pcof'), { keys })
    const sync = await coffer.plugin<Sync>('sync')
    await expect(sync.into(at('source'), 'x')).rejects.toMatchObject({ code: 'ERR_COFFER_READ_ONLY' })
  })
})

describe('back out of a coffer', () => {
  test('makes the directory the same, and then writes nothing', async () => {
    chmodSync(at('source/a.txt'), 0o640)
    await into()
    expect((await back()).done).toBe(true)
    expect(readFileSync(at('target/deep/b.txt'), 'utf8')).toBe('second')
    expect(readlinkSync(at('target/link'))).toBe('a.txt')
    expect(statSync(at('target/a.txt')).mode & 0o777).toBe(0o640)
    const { ino } = lstatSync(at('target/a.txt'))
    expect(said(await back())).toEqual([])
    writeFileSync(at('target/deep/b.txt'), 'spoilt, and longer')
    expect(said(await back())).toEqual(['update deep/b.txt size'])
    expect(readFileSync(at('target/deep/b.txt'), 'utf8')).toBe('second')
    expect(lstatSync(at('target/a.txt')).ino).toBe(ino)
    // What came out goes in again without a change.
    expect(said(await withSync((sync) => sync.into(at('target'), 'mirror')))).toEqual([])
  })

  test('deletes only when it is told to', async () => {
    await into()
    await back()
    writeFileSync(at('target/mine'), 'x')
    mkdirSync(at('target/dir'))
    writeFileSync(at('target/dir/inner'), 'x')
    expect(said(await back())).toEqual([])
    expect(said(await back({ delete: true, exclude: ['mine'] }))).toEqual(['delete dir gone', 'delete dir/inner gone'])
    expect(readdirSync(at('target')).toSorted()).toEqual(['a.txt', 'deep', 'link', 'mine'])
  })

  test('does not say that a directory is deleted in which something excluded stays, nor empties it for a file', async () => {
    await into()
    await back()
    mkdirSync(at('target/gone'))
    writeFileSync(at('target/gone/mine.log'), 'x')
    writeFileSync(at('target/gone/other'), 'x')
    rmSync(at('target/a.txt'))
    mkdirSync(at('target/a.txt'))
    writeFileSync(at('target/a.txt/mine.log'), 'x')
    writeFileSync(at('target/a.txt/b'), 'x')
    const options = { delete: true, exclude: ['*.log'] }
    const report = await back(options)
    expect(said(report)).toEqual(['conflict a.txt type', 'delete a.txt/b gone', 'delete gone/other gone'])
    expect(report.problems).toEqual([])
    expect(readdirSync(at('target/gone'))).toEqual(['mine.log'])
    expect(said(await back(options))).toEqual(['conflict a.txt type'])
  })

  test('goes on where the system lets go of nothing, and tells it', async () => {
    await into()
    await back()
    for (const name of ['a.txt', 'deep/b.txt', 'link']) utimesSync(at('source', name === 'link' ? 'a.txt' : name), new Date(0), new Date(0))
    chmodSync(at('source/deep'), 0o555)
    await into()
    mkdirSync(at('target/gone'))
    for (const name of ['extra', 'deep/extra', 'gone/extra']) writeFileSync(at('target', name), 'stays')
    chmodSync(base, 0o755)
    if (process.geteuid?.() === 0) for (const name of ['', 'deep', 'gone']) chownSync(at('target', name), 65_534, 65_534)
    for (const name of ['deep', 'gone']) chmodSync(at('target', name), 0o555)
    chmodSync(at('target'), 0o755)
    const report = await withSync((sync) => withoutPrivileges(() => sync.back('mirror', at('target'), { delete: true })))
    expect(said(report)).toEqual(['delete extra gone', 'update a.txt time'])
    const refused = ['deep/b.txt', 'deep/extra', 'gone/extra'].map((name) => `${name}: the system refuses it (EACCES)`)
    expect(report.problems.map(({ name, message }) => `${name}: ${message}`).toSorted()).toEqual(refused)
    expect(report).toMatchObject({ done: true, bytes: 5 })
    expect(readdirSync(at('target/deep')).toSorted()).toEqual(['b.txt', 'extra'])
  })

  test('writes nothing over an unchanged file that the system takes for the same', async () => {
    await into()
    await back()
    await withSync((_, coffer) => coffer.write('mirror/A.TXT', 'another file'))
    writeFileSync(at('target/extra'), '')
    // From here on the system ignores case, for this one name.
    const confirmDeletes = async (): Promise<boolean> => {
      linkSync(at('target/a.txt'), at('target/A.TXT'))
      return true
    }
    const report = await back({ delete: true, confirmDeletes })
    expect(said(report)).toEqual(['delete extra gone'])
    expect(report.problems).toMatchObject([{ name: 'A.TXT', code: 'ERR_COFFER_CONFLICT' }])
    expect(readFileSync(at('target/a.txt'), 'utf8')).toBe('first')
    expect(readFileSync(at('target/A.TXT'), 'utf8')).toBe('first')
  })

  test('writes again what is removed, or replaced by a pipe, while contents are compared', async () => {
    await into()
    await back()
    const report = await withSync((sync, coffer) => {
      const read = coffer.read.bind(coffer)
      coffer.read = (...call) => {
        if (call[0] === 'mirror/a.txt') {
          rmSync(at('target/deep/b.txt'), { force: true })
          rmSync(at('target/z'))
          mkfifoSync(at('target/z'))
        }
        return read(...call)
      }
      writeFileSync(at('target/z'), 'zzzzz')
      return coffer.write('mirror/z', 'zzzzz').then(() => sync.back('mirror', at('target'), { checksum: true }))
    })
    expect(said(report)).toEqual(['update deep/b.txt content', 'update z content'])
    expect(readFileSync(at('target/deep/b.txt'), 'utf8')).toBe('second')
    expect(readFileSync(at('target/z'), 'utf8')).toBe('zzzzz')
  })

  test('a directory whose files are all excluded is there', async () => {
    await withSync((_, coffer) => coffer.write('mirror/x.log', 'no directory of its own'))
    expect(await back({ exclude: ['*.log'] })).toMatchObject({ changes: [], unchanged: 0, done: true })
    await expect(withSync((sync) => sync.back('mirro', at('target')))).rejects.toMatchObject({ code: 'ERR_COFFER_NOT_FOUND' })
  })

  test('gives another mode to what stands there, and writes nothing', async () => {
    chmodSync(at('source/a.txt'), 0o640)
    chmodSync(at('source/deep'), 0o755)
    await into()
    await back()
    linkSync(at('target/a.txt'), at('same'))
    chmodSync(at('target/a.txt'), 0o600)
    chmodSync(at('target/deep'), 0o700)
    const { ctimeMs } = statSync(at('target/a.txt'))
    expect(await back({ dry: true })).toMatchObject({ bytes: 0, unchanged: 2 })
    expect(statSync(at('target/a.txt')).ctimeMs).toBe(ctimeMs)
    const report = await back()
    expect(said(report)).toEqual(['update a.txt mode', 'update deep mode'])
    expect(report).toMatchObject({ bytes: 0, unchanged: 2, problems: [] })
    expect(statSync(at('same')).mode & 0o777).toBe(0o640)
    expect(statSync(at('target/deep')).mode & 0o777).toBe(0o755)
    expect(said(await back())).toEqual([])
  })

  test('a mode that the file system does not take is no change', async () => {
    await into()
    await back()
    chmodSync(at('target/a.txt'), 0o604)
    chmodSync(base, 0o755)
    const report = await withSync((sync) => withoutPrivileges(() => sync.back('mirror', at('target'))))
    expect(report).toMatchObject({ changes: [], unchanged: 4, bytes: 0, problems: [] })
    expect(statSync(at('target/a.txt')).mode & 0o777).toBe(0o604)
  })

  test('writes nothing over the coffer that it comes from', async () => {
    await withSync((_, coffer) => coffer.write('mirror/vault.pcof', 'an older one'))
    await into()
    const before = statSync(at('vault.pcof')).size
    const report = await withSync((sync) => sync.back('mirror', folder))
    expect(statSync(at('vault.pcof')).size).toBe(before)
    expect(report.problems).toMatchObject([{ name: 'vault.pcof', message: 'the coffer that it comes from is there, or a file of its own' }])
    expect(readFileSync(at('a.txt'), 'utf8')).toBe('first')
  })

  test('writes through no link', async () => {
    await into()
    mkdirSync(at('outside'))
    writeFileSync(at('outside/b.txt'), 'precious')
    mkdirSync(at('target'))
    symlinkSync(at('outside'), at('target/deep'))
    const report = await back()
    expect(readFileSync(at('outside/b.txt'), 'utf8')).toBe('precious')
    expect(report.problems.length + report.changes.filter(({ action }) => action === 'conflict').length).toBeGreaterThan(0)
    await back({ delete: true })
    expect(readFileSync(at('outside/b.txt'), 'utf8')).toBe('precious')
    expect(readFileSync(at('target/deep/b.txt'), 'utf8')).toBe('second')
  })
})
