import { appendFileSync } from 'node:fs'
import { chmod, mkdir, rename, rm, symlink, truncate, utimes, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { isCofferError } from '@coffer/core'
import { beforeEach, describe, expect, test } from 'vitest'
import { runningThreads } from '../src/threads.js'
import { readSource, walkTree, type SourceEntry, type WalkOptions } from '../src/tree-walk.js'
import { mkfifoSync } from './fifo.js'
import { pause, temporaryDirectory, withoutPrivileges } from './system.js'
import { startThreads } from './with-threads.js'

let root: string
beforeEach(async () => {
  root = await temporaryDirectory()
})

/** Makes files by name; a name that ends in `/` is a directory. */
async function plant(...names: readonly string[]): Promise<void> {
  for (const name of names) {
    const path = join(root, name)
    await mkdir(name.endsWith('/') ? path : join(path, '..'), { recursive: true })
    if (!name.endsWith('/')) await writeFile(path, name)
  }
}

async function walk(options?: WalkOptions, source = root): Promise<SourceEntry[]> {
  const entries: SourceEntry[] = []
  for await (const entry of walkTree(source, options)) entries.push(entry)
  return entries
}

async function namesOf(options?: WalkOptions, source = root): Promise<string[]> {
  return (await walk(options, source)).map(({ name }) => name)
}

/** Walks and removes something once `a` has been seen. */
async function walkRemoving(gone: string, options?: WalkOptions): Promise<{ names: string[]; skipped: string[] }> {
  const names: string[] = []
  const skipped: string[] = []
  for await (const { name } of walkTree(root, { ...options, onSkip: (path) => skipped.push(path) })) {
    names.push(name)
    if (name === 'a') await rm(join(root, gone))
  }
  return { names, skipped }
}

async function read(entry: SourceEntry): Promise<Buffer> {
  const pieces: Uint8Array[] = []
  for await (const piece of readSource(entry)) pieces.push(piece)
  return Buffer.concat(pieces)
}

async function only(path: string): Promise<SourceEntry> {
  const [entry] = await walk({}, path)
  if (!entry) throw new Error('nothing there')
  return entry
}

test('what is removed between listing and looking is left out', async () => {
  await plant('a', 'b', 'c')
  expect(await walkRemoving('b')).toEqual({ names: ['', 'a', 'c'], skipped: [join(root, 'b')] })
})

describe.each([
  { by: 'the calling thread', hasThreads: false },
  { by: 'other threads', hasThreads: true },
])('looked at by $by:', ({ hasThreads }) => {
  beforeEach(async () => {
    if (hasThreads) await startThreads()
    expect(runningThreads() !== undefined).toBe(hasThreads)
  })

  describe('walking', () => {
    test('gives directories before what is in them, all in the order of their names', async () => {
      await plant('b/2', 'b/10', 'b/c/x', 'a', 'é', 'empty/')
      expect(await namesOf()).toEqual(['', 'a', 'b', 'b/10', 'b/2', 'b/c', 'b/c/x', 'empty', 'é'])
    })

    test('gives size, mode and time', async () => {
      await plant('a')
      await chmod(join(root, 'a'), 0o640)
      await utimes(join(root, 'a'), 1_700_000_000.5, 1_700_000_000.5)
      expect((await walk())[1]).toMatchObject({ name: 'a', type: 'file', size: 1, mode: 0o640, mtimeMs: 1_700_000_000_500 })
    })

    test('leaves out a link that is removed meanwhile', async () => {
      await plant('a', 'c')
      await symlink('c', join(root, 'link'))
      expect(await walkRemoving('link')).toEqual({ names: ['', 'a', 'c'], skipped: [join(root, 'link')] })
    })

    test('keeps setuid bits out', async () => {
      await plant('a')
      await chmod(join(root, 'a'), 0o4755)
      expect((await walk())[1]?.mode).toBe(0o755)
    })

    test('a directory in which only its owner deletes what is another\'s is not open to all', async () => {
      await plant('open/a')
      await chmod(join(root, 'open'), 0o1777)
      expect((await walk())[1]).toMatchObject({ name: 'open', mode: 0o755 })
    })

    test('`!` in a glob is a letter', async () => {
      await plant('a.log', '!keep', 'keep')
      expect((await walk({ exclude: ['*.log', '!keep'] })).map(({ name }) => name)).toEqual(['', 'keep'])
    })

    test('a time before 1970 becomes 1970', async () => {
      await plant('a')
      await utimes(join(root, 'a'), new Date(-5500), new Date(-5500))
      expect((await walk())[1]?.mtimeMs).toBe(0)
    })

    test('takes a single file, and a link to one', async () => {
      await plant('a')
      await symlink('a', join(root, 'link'))
      expect(await only(join(root, 'a'))).toMatchObject({ name: '', type: 'file', size: 1 })
      expect(await only(join(root, 'link'))).toMatchObject({ name: '', type: 'file', size: 1 })
    })

    test('a source that is not there, or is a pipe, is an error', async () => {
      await expect(walk({}, join(root, 'no'))).rejects.toSatisfy((error) => isCofferError(error, 'ERR_COFFER_NOT_FOUND'))
      mkfifoSync(join(root, 'pipe'))
      await expect(walk({}, join(root, 'pipe'))).rejects.toSatisfy((error) => isCofferError(error, 'ERR_COFFER_UNSUPPORTED'))
    })

    test('a pipe in the source is left out and reported', async () => {
      await plant('a')
      mkfifoSync(join(root, 'pipe'))
      const skipped: string[] = []
      expect(await namesOf({ onSkip: (path) => skipped.push(path) })).toEqual(['', 'a'])
      expect(skipped).toEqual([join(root, 'pipe')])
    })

    test.runIf(process.platform === 'linux')('a name that is not UTF-8 is an error that excluding it avoids', async () => {
      await plant('a')
      await writeFile(Buffer.concat([Buffer.from(`${root}/`), Buffer.from([0x78, 0xff, 0x2e, 0x6f])]), '')
      await expect(walk()).rejects.toSatisfy((error) => isCofferError(error, 'ERR_COFFER_NAME'))
      expect(await namesOf({ exclude: ['*.o'] })).toEqual(['', 'a'])
    })

    test('a directory that may not be read is an error', async () => {
      await plant('a/b')
      await chmod(root, 0o755)
      await chmod(join(root, 'a'), 0o000)
      await withoutPrivileges(() => expect(walk()).rejects.toSatisfy((error) => isCofferError(error, 'ERR_COFFER_PERMISSION')))
      await chmod(join(root, 'a'), 0o755)
    })

    test('a directory that is removed before its turn is left out', async () => {
      await plant('a', 'b/c', 'd')
      const names: string[] = []
      const skipped: string[] = []
      for await (const { name } of walkTree(root, { onSkip: (path) => skipped.push(path) })) {
        names.push(name)
        // In one step: no thread lists it half removed.
        if (name === 'a') await rename(join(root, 'b'), join(await temporaryDirectory(), 'b'))
      }
      const gone = { names: ['', 'a', 'd'], skipped: [join(root, 'b')] }
      // A thread may have listed it before, or while it went: what is in it goes first.
      const listed = { names: ['', 'a', 'b', 'b/c', 'd'], skipped: [] }
      const half = { names: ['', 'a', 'b', 'd'], skipped: [join(root, 'b/c')] }
      expect(hasThreads ? [gone, half, listed] : [gone]).toContainEqual({ names, skipped })
    })

    test('an abort ends it with its own reason', async () => {
      await plant('a', 'b')
      const controller = new AbortController()
      const reason = new Error('enough')
      const walking = (async () => {
        for await (const { name } of walkTree(root, { signal: controller.signal })) if (name === 'a') controller.abort(reason)
      })()
      await expect(walking).rejects.toBe(reason)
    })

    test('goes as deep as a path can be', async () => {
      const deep = Array.from({ length: 400 }, () => 'd').join('/')
      await plant(`${deep}/leaf`)
      expect((await namesOf()).at(-1)).toBe(`${deep}/leaf`)
    })
  })

  describe('what is excluded', () => {
    beforeEach(() => plant('a.log', 'a.txt', 'docs/x.md', 'docs/x.txt', 'docs/deep/y.md', 'src/build/z', 'build/z', '.hidden/a.log', 'src/a.log'))
    const all = ['', '.hidden', '.hidden/a.log', 'a.log', 'a.txt', 'build', 'build/z', 'docs', 'docs/deep', 'docs/deep/y.md', 'docs/x.md', 'docs/x.txt', 'src', 'src/a.log', 'src/build', 'src/build/z']

    test.each([
      [[], []],
      [['*.log'], ['.hidden/a.log', 'a.log', 'src/a.log']],
      [['**/*.log'], ['.hidden/a.log', 'a.log', 'src/a.log']],
      [['docs/*.md'], ['docs/x.md']],
      [['docs/**/*.md'], ['docs/deep/y.md', 'docs/x.md']],
      [['build'], ['build', 'build/z', 'src/build', 'src/build/z']],
      [['build/'], ['build', 'build/z', 'src/build', 'src/build/z']],
      [['/build'], ['build', 'build/z']],
      [['./build'], ['build', 'build/z']],
      [['.*'], ['.hidden', '.hidden/a.log']],
      [['docs', 'src', '.hidden'], ['.hidden', '.hidden/a.log', 'docs', 'docs/deep', 'docs/deep/y.md', 'docs/x.md', 'docs/x.txt', 'src', 'src/a.log', 'src/build', 'src/build/z']],
    ])('%j', async (exclude: string[], gone: string[]) => {
      expect(await namesOf({ exclude })).toEqual(all.filter((name) => !gone.includes(name)))
    })

    test('text instead of an array is a mistake in the call', async () => {
      await expect(walk({ exclude: '*' as unknown as string[] })).rejects.toThrow(TypeError)
    })
  })

  describe('symlinks', () => {
    let outside: string
    beforeEach(async () => {
      outside = await temporaryDirectory()
      await writeFile(join(outside, 'secret'), 'secret')
      await plant('a/file', 'b/')
      await symlink('../a/file', join(root, 'b', 'to-file'))
      await symlink('../a', join(root, 'b', 'to-directory'))
      await symlink('..', join(root, 'b', 'up'))
      await symlink(join(outside, 'secret'), join(root, 'b', 'out'))
      await symlink(outside, join(root, 'b', 'out-directory'))
      await symlink('nowhere', join(root, 'b', 'dangling'))
    })

    test('are stored as they are, and none is followed', async () => {
      const links = (await walk()).filter(({ type }) => type === 'symlink').map(({ name, target }) => [name, target])
      expect(links).toEqual([
        ['b/dangling', 'nowhere'],
        ['b/out', join(outside, 'secret')],
        ['b/out-directory', outside],
        ['b/to-directory', '../a'],
        ['b/to-file', '../a/file'],
        ['b/up', '..'],
      ])
    })

    test('are left out', async () => {
      expect(await namesOf({ symlinks: 'skip' })).toEqual(['', 'a', 'a/file', 'b'])
    })

    test('are followed within the source, never out of it, never round in circles', async () => {
      const skipped: string[] = []
      const entries = await walk({ symlinks: 'follow', onSkip: (path) => skipped.push(path.slice(root.length + 1)) })
      expect(entries.map(({ name, type }) => [name, type])).toEqual([
        ['', 'directory'],
        ['a', 'directory'],
        ['a/file', 'file'],
        ['b', 'directory'],
        ['b/to-directory', 'directory'],
        ['b/to-directory/file', 'file'],
        ['b/to-file', 'file'],
      ])
      expect(skipped).toEqual(['b/dangling', 'b/out', 'b/out-directory', 'b/up'])
      const followed = entries.find(({ name }) => name === 'b/to-file')
      expect(followed && (await read(followed)).toString()).toBe('a/file')
    })

    test('a directory beside the source whose name begins like it is outside', async () => {
      await mkdir(`${root}-beside`)
      try {
        await symlink(`${root}-beside`, join(root, 'b', 'beside'))
        expect(await namesOf({ symlinks: 'follow' })).not.toContain('b/beside')
      } finally {
        await rm(`${root}-beside`, { recursive: true })
      }
    })

    test('two directories that point to each other end', async () => {
      await symlink('../b', join(root, 'a', 'to-b'))
      const names = await namesOf({ symlinks: 'follow' })
      expect(names.length).toBeLessThan(40)
    })
  })
})

describe('reading', () => {
  test.each([0, 1, 4096, 524_287, 524_288, 524_289, 1_600_000])('%i bytes', async (length) => {
    const content = Buffer.alloc(length, 'abcdefg')
    await writeFile(join(root, 'a'), content)
    expect((await read(await only(join(root, 'a')))).equals(content)).toBe(true)
  })

  test('does not wait for what is written meanwhile', async () => {
    const path = join(root, 'a')
    await writeFile(path, Buffer.alloc(600_000))
    let bytes = 0
    for await (const piece of readSource(await only(path))) {
      bytes += piece.length
      appendFileSync(path, Buffer.alloc(700_000))
    }
    expect(bytes).toBe(600_000)
  })

  test('takes what has been written since the walk', async () => {
    const path = join(root, 'a')
    await writeFile(path, 'one')
    const entry = await only(path)
    appendFileSync(path, ' two')
    expect((await read(entry)).toString()).toBe('one two')
  })

  test('a file that shrinks ends early', async () => {
    const path = join(root, 'a')
    await writeFile(path, Buffer.alloc(2_000_000))
    let bytes = 0
    for await (const piece of readSource(await only(path))) {
      bytes += piece.length
      await truncate(path, 600_000)
    }
    expect(bytes).toBe(600_000)
  })

  test.runIf(process.platform === 'linux')('takes files that say they are empty and are not', async () => {
    expect((await read(await only('/proc/version'))).toString()).toMatch(/^Linux/)
  })

  test('a link that takes the place of a file is not followed', async () => {
    await writeFile(join(root, 'secret'), 'secret')
    await writeFile(join(root, 'a'), 'content')
    const entry = await only(join(root, 'a'))
    await rm(join(root, 'a'))
    await symlink('secret', join(root, 'a'))
    await expect(read(entry)).rejects.toSatisfy((error) => isCofferError(error, 'ERR_COFFER_NOT_FOUND'))
  })

  test('a pipe that takes the place of a file does not hang', async () => {
    await writeFile(join(root, 'a'), 'content')
    const entry = await only(join(root, 'a'))
    await rm(join(root, 'a'))
    mkfifoSync(join(root, 'a'))
    const outcome = await Promise.race([read(entry).catch((error: unknown) => error), pause(2000)])
    expect(isCofferError(outcome, 'ERR_COFFER_NOT_FOUND')).toBe(true)
  })

  test('a file that is gone is reported as missing', async () => {
    await writeFile(join(root, 'a'), 'content')
    const entry = await only(join(root, 'a'))
    await rm(join(root, 'a'))
    await expect(read(entry)).rejects.toSatisfy((error) => isCofferError(error, 'ERR_COFFER_NOT_FOUND'))
  })

  test('an abort ends it with its own reason and closes the file', async () => {
    await writeFile(join(root, 'a'), Buffer.alloc(2_000_000))
    const reason = { left: true }
    const controller = new AbortController()
    const reading = (async () => {
      for await (const piece of readSource(await only(join(root, 'a')), controller.signal)) if (piece.length > 0) controller.abort(reason)
    })()
    await expect(reading).rejects.toBe(reason)
  })
})
