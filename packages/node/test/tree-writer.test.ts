import { readdirSync } from 'node:fs'
import { link, lstat, mkdir, readdir, readFile, readlink, stat, symlink, writeFile, chmod } from 'node:fs/promises'
import { join } from 'node:path'
import { CofferError, isCofferError } from '@coffer/core'
import { beforeEach, describe, expect, test } from 'vitest'
import { TreeWriter, type TreeWriterOptions } from '../src/tree-writer.js'
import { makeReadOnly, smallDisk, temporaryDirectory, withoutPrivileges } from './system.js'

let outside: string
let root: string
beforeEach(async () => {
  outside = await temporaryDirectory()
  root = join(outside, 'target')
  await writeFile(join(outside, 'secret'), 'secret')
})

const meta = { mode: 0o640, mtimeMs: 1_600_000_000_250 }
const open = (options?: TreeWriterOptions): Promise<TreeWriter> => TreeWriter.create(root, options)

async function* pieces(...texts: readonly string[]): AsyncGenerator<Uint8Array> {
  for (const text of texts) yield Buffer.from(text)
}

async function* failing(error: unknown): AsyncGenerator<Uint8Array> {
  yield Buffer.from('half')
  throw error
}

const there = (name: string): Promise<string> => readFile(join(root, name), 'utf8')
const codes = (tree: TreeWriter): string[][] => tree.problems.map(({ name, code }) => [name, code])

/** Everything below the target: nothing that a run should have tidied away. */
async function listing(): Promise<string[]> {
  return (await readdir(root, { recursive: true })).sort()
}

test('where one of several small files finds no room, the others are at their places when that is said', async () => {
  const tree = await open()
  const names = Array.from({ length: 50 }, (_, i) => `n${10 + i}`)
  const made = tree.files(names.map((name) => ({ name, meta })), async ([, ...others]) => {
    await Promise.all(others.map(({ path }) => writeFile(path, 'x')))
    return ['ENOSPC', ...others.map(() => undefined)]
  })
  const said: unknown[] = await made.catch((error: unknown) => [error, readdirSync(root).sort()])
  expect(said[0]).toMatchObject({ code: 'ERR_COFFER_FULL' })
  expect(said[1]).toEqual(names.slice(1))
})

describe('writing', () => {
  test('files, directories and links with their modes and times', async () => {
    const tree = await open()
    await tree.directory('a', { ...meta, mode: 0o550 })
    expect(await tree.file('a/b/c', meta, pieces('one ', 'two'))).toBe(7)
    await tree.symlink('a/link', 'b/c', meta)
    await tree.file('empty', meta, pieces())
    await tree.finish()
    expect(tree.problems).toEqual([])
    expect(await there('a/link')).toBe('one two')
    expect(await there('empty')).toBe('')
    const file = await stat(join(root, 'a/b/c'))
    expect([file.mode & 0o7777, file.mtimeMs]).toEqual([0o640, meta.mtimeMs])
    const directory = await stat(join(root, 'a'))
    expect([directory.mode & 0o7777, directory.mtimeMs]).toEqual([0o550, meta.mtimeMs])
    expect((await lstat(join(root, 'a/link'))).mtimeMs).toBe(meta.mtimeMs)
    expect(await listing()).toEqual(['a', 'a/b', 'a/b/c', 'a/link', 'empty'])
  })

  test('never sets setuid', async () => {
    const tree = await open()
    await tree.file('a', { ...meta, mode: 0o6755 }, pieces('x'))
    expect((await stat(join(root, 'a'))).mode & 0o7777).toBe(0o755)
  })

  test('a directory with a mode is nobody else\'s before the end', async () => {
    const tree = await open()
    await tree.directory('a', { ...meta, mode: 0o700 })
    expect((await stat(join(root, 'a'))).mode & 0o777).toBe(0o700)
    await tree.finish()
  })

  test('directories that forbid it are filled all the same, in whatever order they come', async () => {
    await mkdir(root)
    await chmod(outside, 0o755)
    await chmod(root, 0o777)
    await withoutPrivileges(async () => {
      const tree = await open()
      for (const name of ['a/b', 'a', 'a/b/c']) await tree.directory(name, { ...meta, mode: 0o400 })
      await tree.file('a/b/c/file', meta, pieces('x'))
      await tree.finish()
      expect(tree.problems).toEqual([])
    })
    // As root, if that is who runs this; nobody else could look into them.
    if (process.geteuid?.() !== 0) return
    expect(await there('a/b/c/file')).toBe('x')
    for (const name of ['a', 'a/b', 'a/b/c']) expect((await stat(join(root, name))).mode & 0o777).toBe(0o400)
  })

  test('a file stands there only when it is complete', async () => {
    const tree = await open()
    await tree.file('a', meta, pieces('old'))
    const error = new Error('the coffer is damaged')
    await expect(tree.file('a', meta, failing(error))).rejects.toBe(error)
    await expect(tree.file('b', meta, failing(error))).rejects.toBe(error)
    expect(await listing()).toEqual(['a'])
    expect(await there('a')).toBe('old')
  })

  test('an abort\'s own reason comes through, whatever it is', async () => {
    const tree = await open()
    const reason = Object.assign(new Error('left'), { code: 'EINVAL' })
    await expect(tree.file('a', meta, failing(reason))).rejects.toBe(reason)
    expect(tree.problems).toEqual([])
  })

  test('a full disk ends it and leaves no half of a file', async (context) => {
    root = await smallDisk(context, 128)
    const tree = await open()
    await tree.file('a', meta, pieces('x'))
    await expect(tree.file('b', meta, pieces('y'.repeat(400_000)))).rejects.toSatisfy((error) => isCofferError(error, 'ERR_COFFER_FULL'))
    expect(await listing()).toEqual(['a'])
  })

  test('a file that is larger than the file system takes is reported, whoever writes it', async () => {
    const tree = await open()
    const system = Object.assign(new Error('EFBIG'), { code: 'EFBIG', syscall: 'write' })
    await tree.file('a', meta, failing(system))
    await tree.file('b', meta, failing(new CofferError('ERR_COFFER_FULL', 'of a thread', system)))
    await tree.file('c', meta, pieces('fits'))
    expect(tree.problems.map(({ name, code }) => [name, code])).toEqual([['a', 'ERR_COFFER_UNSUPPORTED'], ['b', 'ERR_COFFER_UNSUPPORTED']])
    expect(await listing()).toEqual(['c'])
  })

  test('a target that cannot be written to is an error at once', async (context) => {
    root = await smallDisk(context, 64)
    makeReadOnly(root)
    await expect(open()).rejects.toSatisfy((error) => isCofferError(error, 'ERR_COFFER_PERMISSION'))
    await expect(TreeWriter.create(join(outside, 'secret'))).rejects.toSatisfy((error) => isCofferError(error, 'ERR_COFFER_EXISTS'))
  })

  test('the target itself may be behind a link', async () => {
    await mkdir(join(outside, 'real'))
    await symlink('real', root)
    const tree = await open()
    await tree.file('a', meta, pieces('x'))
    expect(await readFile(join(outside, 'real', 'a'), 'utf8')).toBe('x')
  })

  test('keeps what is there with overwrite: false, before reading anything', async () => {
    const first = await open()
    await first.file('a', meta, pieces('old'))
    const tree = await open({ overwrite: false })
    expect(await tree.file('a', meta, failing(new Error('was read')))).toBeUndefined()
    expect(await tree.file('b', meta, pieces('new'))).toBe(3)
    expect(codes(tree)).toEqual([['a', 'ERR_COFFER_EXISTS']])
    expect(await there('a')).toBe('old')
  })
})

describe('names that lead out', () => {
  test.each(['../x', 'a/../../x', '/etc/x', 'a//b', './x', 'a/.', '..', '.', '', 'a\0b', 'x/', '\ud800', 'n'.repeat(300)])('%j is reported, not made', async (name) => {
    const tree = await open()
    expect(await tree.file(name, meta, pieces('x'))).toBeUndefined()
    await tree.directory(name, meta)
    await tree.symlink(name, 'y', meta)
    await tree.setMode(name, 0o777)
    expect(await tree.files([{ name, meta }], () => Promise.reject(new Error('it is made')))).toEqual([false])
    await tree.finish()
    expect(codes(tree)).toEqual(Array.from({ length: 5 }, () => [name, 'ERR_COFFER_NAME']))
    expect(await listing()).toEqual([])
    expect((await readdir(outside)).sort()).toEqual(['secret', 'target'])
  })

  test('names that only look like it are written', async () => {
    const tree = await open()
    for (const name of ['..a', 'a..', '...', '-rf', '~', 'a\\..\\b', 'C:x', 'new\nline', '.coffer-extract-x']) {
      expect(await tree.file(name, meta, pieces(name))).toBe(Buffer.byteLength(name))
      expect(await there(name)).toBe(name)
    }
  })
})

describe('links that lead out', () => {
  test.each([
    ['link', '/etc/passwd'],
    ['link', '..'],
    ['link', '../secret'],
    ['a/link', '../../secret'],
    ['a/link', 'b/../../../secret'],
    ['link', ''],
    // `a` may be a link to a directory elsewhere in the target: then `..` is not where it seems.
    ['link', 'a/..'],
    ['link', 'a/../secret'],
    ['a/link', 'b/..'],
  ])('%s to %s is reported, not made', async (name, target) => {
    const tree = await open()
    await tree.symlink(name, target, meta)
    expect(codes(tree)).toEqual([[name, 'ERR_COFFER_UNSUPPORTED']])
    expect((await listing()).filter((entry) => entry !== 'a')).toEqual([])
  })

  test('no chain of links leads out', async () => {
    const tree = await open()
    await tree.directory('a/b', meta)
    await tree.symlink('a/b/top', '../..', meta)
    await tree.symlink('escape', 'a/b/top/..', meta)
    expect(codes(tree)).toEqual([['escape', 'ERR_COFFER_UNSUPPORTED']])
  })

  test('are made where all links are asked for, none where none are', async () => {
    const all = await open({ links: 'all' })
    await all.symlink('out', '../secret', meta)
    expect(await readlink(join(root, 'out'))).toBe('../secret')
    const none = await open({ links: 'skip' })
    await none.symlink('in', 'x', meta)
    expect(none.problems).toEqual([])
    expect(await listing()).toEqual(['out'])
  })

  test('nothing is written through a link that was there', async () => {
    await mkdir(root)
    await mkdir(join(outside, 'elsewhere'))
    await symlink('../elsewhere', join(root, 'directory'))
    await symlink('../secret', join(root, 'file'))
    const tree = await open()
    await tree.file('directory/x', meta, pieces('x'))
    await tree.file('directory/deeper/x', meta, pieces('x'))
    await tree.directory('directory', { ...meta, mode: 0o700 })
    await tree.file('file', meta, pieces('mine'))
    await tree.finish()
    expect(codes(tree).map(([, code]) => code)).toEqual(['ERR_COFFER_CONFLICT', 'ERR_COFFER_CONFLICT', 'ERR_COFFER_CONFLICT'])
    expect(await readdir(join(outside, 'elsewhere'))).toEqual([])
    expect((await stat(join(outside, 'elsewhere'))).mode & 0o777).not.toBe(0o700)
    expect(await readFile(join(outside, 'secret'), 'utf8')).toBe('secret')
    expect((await lstat(join(root, 'file'))).isFile()).toBe(true)
    expect(await there('file')).toBe('mine')
  })

  test('nothing is written through a link of the same run', async () => {
    const tree = await open({ links: 'all' })
    await tree.symlink('a', '..', meta)
    await tree.file('a/x', meta, pieces('x'))
    await tree.symlink('b', '../secret', meta)
    await tree.file('b', meta, pieces('mine'))
    expect(codes(tree)).toEqual([['a/x', 'ERR_COFFER_CONFLICT']])
    expect((await readdir(outside)).sort()).toEqual(['secret', 'target'])
    expect(await readFile(join(outside, 'secret'), 'utf8')).toBe('secret')
  })

  test('a file that is a hard link elsewhere is replaced, not written into', async () => {
    await mkdir(root)
    await link(join(outside, 'secret'), join(root, 'a'))
    const tree = await open()
    await tree.file('a', meta, pieces('mine'))
    expect(await readFile(join(outside, 'secret'), 'utf8')).toBe('secret')
    expect(await there('a')).toBe('mine')
  })
})

describe('what one name cannot be does not end the rest', () => {
  test('names that are too long, a directory in the way, a file in the way', async () => {
    await mkdir(join(root, 'directory'), { recursive: true })
    await writeFile(join(root, 'file'), 'old')
    const tree = await open()
    const long = `${'ü'.repeat(127)}x`
    await tree.file(long, meta, pieces('long'))
    await tree.file(Array.from({ length: 1300 }, () => 'd').join('/') + `/${'n'.repeat(250)}`.repeat(3), meta, pieces('x'))
    await tree.file('directory', meta, pieces('x'))
    await tree.symlink('directory', 'file', meta)
    await tree.file('file/x', meta, pieces('x'))
    await tree.file('last', meta, pieces('x'))
    const [, ...rest] = codes(tree)
    expect(await there(long)).toBe('long')
    expect(rest.length + 1).toBe(tree.problems.length)
    expect(codes(tree).filter(([name]) => (name ?? '').length < 20)).toEqual([
      ['directory', 'ERR_COFFER_EXISTS'],
      ['directory', 'ERR_COFFER_EXISTS'],
      ['file/x', 'ERR_COFFER_CONFLICT'],
    ])
    expect(await there('last')).toBe('x')
    expect((await readdir(root)).filter((name) => name.startsWith('.coffer'))).toEqual([])
  })

  test('a directory that takes the place while the file is written', async () => {
    const tree = await open()
    const meanwhile = async function* (): AsyncGenerator<Uint8Array> {
      await mkdir(join(root, 'a'))
      yield Buffer.from('x')
    }
    expect(await tree.file('a', meta, meanwhile())).toBeUndefined()
    expect(codes(tree)).toEqual([['a', 'ERR_COFFER_EXISTS']])
    expect(await listing()).toEqual(['a'])
  })

  test('names that only differ by case are both written, or one is reported', async () => {
    const tree = await open()
    await Promise.all(['readme', 'README', 'Readme'].map((name) => tree.file(name, meta, pieces(name))))
    const written = await readdir(root)
    expect(written.length + tree.problems.length).toBe(3)
    for (const name of written) expect(await there(name)).toBe(name)
  })

  test('a name that this system takes for another is reported and replaces nothing', async () => {
    // A system that ignores case, for one name: both are the same file.
    const tree = await open()
    await tree.file('readme', meta, pieces('first'))
    await link(join(root, 'readme'), join(root, 'README'))
    expect(await tree.file('README', meta, pieces('second'))).toBeUndefined()
    expect(codes(tree)).toEqual([['README', 'ERR_COFFER_CONFLICT']])
    expect(await there('readme')).toBe('first')
  })

  test('a directory without permission', async () => {
    await mkdir(join(root, 'closed'), { recursive: true, mode: 0o755 })
    await chmod(outside, 0o755)
    await chmod(root, 0o777)
    await withoutPrivileges(async () => {
      const tree = await open()
      await tree.file('closed/x', meta, pieces('x'))
      await tree.file('open', meta, pieces('x'))
      expect(codes(tree)).toEqual([['closed/x', 'ERR_COFFER_PERMISSION']])
    })
  })
})

test('many at once, in the same directories', async () => {
  const tree = await open()
  const names = Array.from({ length: 300 }, (_, i) => `d${i % 7}/e${i % 3}/f${i}`)
  await Promise.all(names.map((name) => tree.file(name, meta, pieces(name))))
  await tree.finish()
  expect(tree.problems).toEqual([])
  for (const name of names) expect(await there(name)).toBe(name)
})
