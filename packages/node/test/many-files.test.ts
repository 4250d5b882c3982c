import { execFileSync } from 'node:child_process'
import { mkdirSync, rmSync, symlinkSync } from 'node:fs'
import { mkdir, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { generateKeys, isCofferError, type CofferKeys } from '@coffer/core'
import { openCoffer } from '@coffer/node'
import { beforeEach, describe, expect, test, vi } from 'vitest'
import type * as Threads from '../src/threads.js'
import type * as TreeWalk from '../src/tree-walk.js'
import { temporaryDirectory } from './system.js'
import { startThreads } from './with-threads.js'

/** Whether reading finds the process's threads, which other tests may have left running. */
const visible = vi.hoisted(() => ({ threads: true }))
vi.mock('../src/threads.js', async (original) => {
  const threads = await original<typeof Threads>()
  return { ...threads, runningThreads: () => (visible.threads ? threads.runningThreads() : undefined) }
})

/** What happens between the listing of a source and the reading of its files. */
const disk = vi.hoisted(() => ({ whenListed: (): void => undefined }))
vi.mock('../src/tree-walk.js', async (original) => {
  const walk = await original<typeof TreeWalk>()
  return {
    ...walk,
    async *walkTree(...args: Parameters<typeof walk.walkTree>) {
      const entries = []
      for await (const entry of walk.walkTree(...args)) entries.push(entry)
      disk.whenListed()
      yield* entries
    },
  }
})

let source: string
let path: string
let keys: CofferKeys
beforeEach(async () => {
  const directory = await temporaryDirectory()
  source = join(directory, 'source')
  path = join(directory, 'vault.pcof')
  await mkdir(source)
  disk.whenListed = () => undefined
  keys = await generateKeys('store')
})

describe.each([
  { by: 'the calling thread', hasThreads: false },
  { by: 'other threads', hasThreads: true },
])('many small files, read by $by', ({ hasThreads }) => {
  beforeEach(async () => {
    visible.threads = hasThreads
    if (hasThreads) await startThreads()
  })

  test('are the same again, whatever stands between them', async () => {
    const contents = new Map<string, Buffer>()
    for (let i = 0; i < 150; i++) {
      const name = `${i % 7}/${String(i).padStart(3, '0')}`
      const length = [0, 1, 20_000, 40_000, 524_288, 524_289][i % 6] ?? 0
      contents.set(name, Buffer.alloc(length, `${i} `))
      await mkdir(join(source, name, '..'), { recursive: true })
      await writeFile(join(source, name), contents.get(name) as Buffer)
    }
    await symlink('3/003', join(source, '2-link'))
    await mkdir(join(source, '2-empty'))
    await using coffer = await openCoffer(path, { mode: 'x', keys })
    expect(await coffer.add(source, 's')).toMatchObject({ files: 150, directories: 9, symlinks: 1 })
    for (const [name, content] of contents) expect(Buffer.compare(content, await coffer.read(`s/${name}`))).toBe(0)
    await coffer.close()
    await using again = await openCoffer(path, { mode: 'r', keys })
    expect(await again.verify()).toMatchObject({ ok: true })
    for (const [name, content] of contents) expect(Buffer.compare(content, await again.read(`s/${name}`))).toBe(0)
  })

  test.each(['bank', 'market', 'null'] as const)('are the same again in a %s', async (variant) => {
    const lengths = [1000, 40_000, 100_000, 1000, 500_000, 500_000, 500_000]
    for (const [i, length] of lengths.entries()) await writeFile(join(source, String(i)), Buffer.alloc(length, `${i} `))
    await using coffer = await openCoffer(path, { mode: 'x', variant, keys: await generateKeys(variant) })
    await coffer.add(source, 's')
    for (const [i, length] of lengths.entries()) expect(Buffer.compare(Buffer.alloc(length, `${i} `), await coffer.read(`s/${i}`))).toBe(0)
    expect(await coffer.verify()).toMatchObject({ ok: true, members: lengths.length + 1 })
  })

  test('that are removed meanwhile are left out and told; the rest is there', async () => {
    for (let i = 10; i < 60; i++) await writeFile(join(source, `large-${i}`), Buffer.alloc(600_000, String(i)))
    const skipped: string[] = []
    let isFirst = true
    const onProgress = (): void => {
      if (isFirst) for (let i = 50; i < 60; i++) rmSync(join(source, `large-${i}`))
      isFirst = false
    }
    await using coffer = await openCoffer(path, { mode: 'x', keys })
    expect(await coffer.add(source, 's', { onProgress, onSkip: (name) => skipped.push(name) })).toMatchObject({ files: 40 })
    expect(skipped).toEqual(Array.from({ length: 10 }, (_, i) => join(source, `large-${50 + i}`)))
    let members = 0
    for await (const { type } of coffer.members()) members += type === 'file' ? 1 : 0
    expect(members).toBe(40)
    await expect(coffer.add(join(source, 'large-50'), 'gone')).rejects.toSatisfy((error) => isCofferError(error, 'ERR_COFFER_NOT_FOUND'))
  })

  test.each([100, 600_000])('of %i bytes that something else takes the place of are left out and told', async (length) => {
    for (const name of ['a', 'directory', 'link', 'pipe', 'z']) await writeFile(join(source, name), Buffer.alloc(length, name))
    const changed = ['directory', 'link', 'pipe'].map((name) => join(source, name))
    disk.whenListed = () => {
      for (const name of changed) rmSync(name)
      mkdirSync(join(source, 'directory'))
      symlinkSync('a', join(source, 'link'))
      execFileSync('mkfifo', [join(source, 'pipe')])
    }
    const skipped: string[] = []
    await using coffer = await openCoffer(path, { mode: 'x', keys })
    expect(await coffer.add(source, 's', { onSkip: (name) => skipped.push(name) })).toMatchObject({ files: 2, symlinks: 0 })
    expect(skipped.toSorted()).toEqual(changed)
    expect(await coffer.verify()).toMatchObject({ ok: true, members: 3 })
  })
})
