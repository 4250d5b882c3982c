import { execFileSync } from 'node:child_process'
import { mkdir, mkdtemp, rm, symlink, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createSharedEngine, type SharedEngine } from '@coffer/worker'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { failureOf } from './everywhere/support.js'

let root: string
let threads: SharedEngine
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'coffer-trees-'))
  threads = createSharedEngine({ size: 1 })
})
afterEach(async () => {
  await threads.close()
  await rm(root, { recursive: true, force: true })
})

describe('listing', () => {
  test('gives names in order, with type, size, mode and time', async () => {
    await mkdir(join(root, 'b'))
    await writeFile(join(root, 'c'), 'content', { mode: 0o640 })
    await symlink('c', join(root, 'a'))
    await utimes(join(root, 'c'), 1_700_000_000.5, 1_700_000_000.5)
    const children = await threads.list(root)
    expect(children.map(({ text, isText, found }) => [text, isText, found?.type])).toEqual([['a', true, 'symlink'], ['b', true, 'directory'], ['c', true, 'file']])
    expect(children[2]?.found).toEqual({ type: 'file', size: 7, mode: 0o640, mtimeMs: 1_700_000_000_500, id: undefined })
    expect(children[1]?.found?.id).toMatch(/^\d+:\d+$/)
  })

  test.runIf(process.platform === 'linux')('tells names that are not UTF-8, and what is neither file nor directory nor link', async () => {
    await writeFile(Buffer.concat([Buffer.from(`${root}/x`), Buffer.from([0xff])]), '')
    execFileSync('mkfifo', [join(root, 'pipe')])
    const children = await threads.list(root)
    expect(children.map(({ isText, found }) => [isText, found?.type])).toEqual([[true, 'other'], [false, undefined]])
  })

  test('of what is not there, or no directory, fails as it does without threads', async () => {
    await writeFile(join(root, 'file'), '')
    expect(await failureOf(threads.list(join(root, 'nothing')))).toMatchObject({ code: 'ERR_COFFER_NOT_FOUND' })
    expect(await failureOf(threads.list(join(root, 'file')))).toMatchObject({ code: 'ERR_COFFER_NOT_FOUND' })
  })
})

describe('reading small files', () => {
  test('gives their contents, and leaves out what takes a closer look', async () => {
    await writeFile(join(root, 'a'), 'first')
    await writeFile(join(root, 'b'), Buffer.alloc(40_001))
    await writeFile(join(root, 'empty'), '')
    await symlink('a', join(root, 'link'))
    await writeFile(join(root, 'y'), Buffer.alloc(40_000, 'y'))
    await writeFile(join(root, 'z'), Buffer.alloc(100, 'z'))
    const names = ['a', 'b', 'empty', 'gone', 'link', '.', 'y', 'z']
    const files = await threads.readSmall(names.map((name) => join(root, name)), 40_000)
    const texts = files.map((file) => file && new TextDecoder().decode(file))
    expect(texts).toEqual(['first', undefined, undefined, undefined, undefined, undefined, 'y'.repeat(40_000), 'z'.repeat(100)])
  })

  test('gives a file that is not short in memory of its own, which can be handed on', async () => {
    await writeFile(join(root, 'a'), 'first')
    await writeFile(join(root, 'y'), Buffer.alloc(40_000, 'y'))
    const [, large] = await threads.readSmall([join(root, 'a'), join(root, 'y')], 40_000)
    expect(large?.buffer.byteLength).toBe(40_000)
  })

  test('has nothing to give of nothing', async () => {
    expect(await threads.readSmall([], 100)).toEqual([])
  })

  test('rejects once the threads are closed', async () => {
    await threads.close()
    expect(await failureOf(threads.readSmall([], 100))).toMatchObject({ code: 'ERR_COFFER_CLOSED' })
  })
})
