import { existsSync, rmSync } from 'node:fs'
import { mkdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { generateKeys, type CofferKeys } from '@coffer/core'
import { openCoffer, type NodeCoffer, type Sync, type SyncReport } from '@coffer/node'
import { beforeEach, describe, expect, test } from 'vitest'
import { temporaryDirectory } from './system.js'

let directory: string
let source: string
let keys: CofferKeys
let coffer: NodeCoffer
let sync: Sync
beforeEach(async () => {
  directory = await temporaryDirectory()
  source = join(directory, 'source')
  await mkdir(join(source, 'deep'), { recursive: true })
  await writeFile(join(source, 'a.txt'), 'first')
  await writeFile(join(source, 'deep/b.txt'), 'second')
  keys = await generateKeys('market')
  coffer = await openCoffer(join(directory, 'vault.pcof'), { mode: 'x', keys, autoFlush: true })
  sync = await coffer.plugin<Sync>('sync')
  return () => coffer.discard()
})

const said = ({ changes }: SyncReport): string[] => changes.map(({ action, name }) => `${action} ${name}`).sort()

async function members(): Promise<string[]> {
  const names: string[] = []
  for await (const { name } of coffer.members()) names.push(name)
  return names.sort()
}

describe('a sync is one change', () => {
  test('and one commit, of what is deleted and what is written', async () => {
    await sync.into(source, 'mirror')
    expect(coffer.generation).toBe(1)
    await rm(join(source, 'a.txt'))
    await writeFile(join(source, 'c.txt'), 'third')
    await writeFile(join(source, 'deep/b.txt'), 'another one')
    await sync.into(source, 'mirror', { delete: true })
    expect(coffer.generation).toBe(2)
    expect(await members()).toEqual(['mirror', 'mirror/c.txt', 'mirror/deep', 'mirror/deep/b.txt'])
    await sync.into(source, 'mirror', { delete: true })
    expect(coffer.generation).toBe(2)
  })

  test('of which nothing remains when it is aborted', async () => {
    await sync.into(source, 'mirror')
    const before = await members()
    await rm(join(source, 'a.txt'))
    for (const name of ['x', 'y', 'z']) await writeFile(join(source, name), Buffer.alloc(600_000, name))
    const controller = new AbortController()
    const reason = new Error('enough')
    const onProgress = ({ done }: { done: number }): void => {
      if (done > 600_000) controller.abort(reason)
    }
    await expect(sync.into(source, 'mirror', { delete: true, signal: controller.signal, onProgress })).rejects.toBe(reason)
    expect(await members()).toEqual(before)
    expect(coffer.generation).toBe(1)
    expect(await coffer.readText('mirror/a.txt')).toBe('first')
  })

  test('without the files that are removed meanwhile, which are told', async () => {
    const large = Array.from({ length: 30 }, (_, i) => `large-${10 + i}`)
    for (const name of large) await writeFile(join(source, name), Buffer.alloc(600_000, name))
    const gone = large.slice(25)
    const skipped: string[] = []
    let isFirst = true
    const onProgress = (): void => {
      if (isFirst) for (const name of gone) rmSync(join(source, name))
      isFirst = false
    }
    const report = await sync.into(source, 'mirror', { onProgress, onSkip: (path) => void skipped.push(path) })
    const there = ['a.txt', 'deep', 'deep/b.txt', ...large.slice(0, 25)]
    expect(said(report)).toEqual(there.map((name) => `add ${name}`))
    expect(report.bytes).toBe(25 * 600_000 + 11)
    expect(skipped).toEqual(gone.map((name) => join(source, name)))
    expect(await members()).toEqual(['mirror', ...there.map((name) => `mirror/${name}`)])
  })

  test('also where it is removed while contents are compared', async () => {
    await sync.into(source, 'mirror')
    const read = coffer.read.bind(coffer)
    coffer.read = (...call) => {
      rmSync(join(source, 'deep/b.txt'), { force: true })
      return read(...call)
    }
    const skipped: string[] = []
    expect(said(await sync.into(source, 'mirror', { checksum: true, onSkip: (path) => void skipped.push(path) }))).toEqual([])
    expect(skipped).toEqual([join(source, 'deep/b.txt')])
    expect(await members()).toContain('mirror/deep/b.txt')
  })

  test('of which nothing remains when a name is refused', async () => {
    await writeFile(join(source, 'zz'), '')
    await coffer.write('mirror/zz/below', 'x')
    await writeFile(join(source, 'bad'.repeat(70)), '')
    const long = Array.from({ length: 70 }, () => 'd'.repeat(50)).join('/').slice(0, 3400)
    await expect(sync.into(source, long)).rejects.toMatchObject({ code: 'ERR_COFFER_NAME' })
    expect(await members()).toEqual(['mirror/zz/below'])
  })
})

describe('what a sync leaves alone', () => {
  test('is what the plugins keep, on both sides', async () => {
    await coffer.write('.plugins/password.json', 'logins')
    await mkdir(join(source, '.plugins'))
    await writeFile(join(source, '.plugins/password.json'), 'older logins')
    expect(said(await sync.into(source, '', { delete: true }))).toEqual(['add a.txt', 'add deep', 'add deep/b.txt'])
    expect(await coffer.readText('.plugins/password.json')).toBe('logins')
    const target = join(directory, 'target')
    await mkdir(join(target, '.plugins'), { recursive: true })
    expect(said(await sync.back('', target, { delete: true }))).toEqual(['add a.txt', 'add deep', 'add deep/b.txt'])
    expect(existsSync(join(target, '.plugins'))).toBe(true)
    expect(existsSync(join(target, '.plugins/password.json'))).toBe(false)
  })

  test('is the directory that something excluded stands in', async () => {
    await coffer.makeDirectory('mirror/gone')
    await coffer.write('mirror/gone/precious', 'x')
    await coffer.write('mirror/gone/other', 'x')
    expect(said(await sync.into(source, 'mirror', { delete: true, exclude: ['precious'] }))).toEqual([
      'add a.txt',
      'add deep',
      'add deep/b.txt',
      'delete gone/other',
    ])
    expect(await members()).toContain('mirror/gone')
    await writeFile(join(source, 'gone'), 'a file now')
    expect(said(await sync.into(source, 'mirror', { delete: true, exclude: ['precious'] }))).toEqual(['conflict gone'])
    expect(await coffer.readText('mirror/gone/precious')).toBe('x')
  })

  test('is a directory that is there for what is in it', async () => {
    await coffer.write('mirror/a.txt', 'first')
    await coffer.write('mirror/deep/b.txt', 'second')
    const target = join(directory, 'target')
    await sync.back('mirror', target)
    expect(said(await sync.back('mirror', target, { delete: true }))).toEqual([])
    await rm(join(source, 'deep'), { recursive: true })
    expect(said(await sync.into(source, 'mirror', { dry: true, delete: true }))).toEqual(['delete deep/b.txt', 'update a.txt'])
    await writeFile(join(source, 'deep'), 'a file now')
    expect(said(await sync.into(source, 'mirror'))).toContain('conflict deep')
    expect(said(await sync.into(source, 'mirror', { delete: true }))).toContain('delete deep/b.txt')
    expect(await coffer.readText('mirror/deep')).toBe('a file now')
  })
})
