import { appendFileSync } from 'node:fs'
import { chmod, link, mkdir, readdir, readFile, rename, stat, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { generateKeys, isCofferError, memoryStorage, type CofferKeys } from '@coffer/core'
import { fileStorage, openCoffer, type NodeCoffer } from '@coffer/node'
import { beforeEach, describe, expect, test } from 'vitest'
import { start, temporaryDirectory, withoutPrivileges } from './system.js'

let directory: string
let source: string
let path: string
let keys: CofferKeys
beforeEach(async () => {
  directory = await temporaryDirectory()
  source = join(directory, 'source')
  path = join(directory, 'vault.pcof')
  await mkdir(source)
  keys = await generateKeys('store')
})

const create = (): Promise<NodeCoffer> => openCoffer(path, { mode: 'x', keys })

async function namesIn(coffer: NodeCoffer): Promise<string[]> {
  const names: string[] = []
  for await (const { name } of coffer.members()) names.push(name)
  return names.sort()
}

test('a coffer is named by a path or a file: address, and one on a web server by its storage', async () => {
  const place = join(directory, 'with blank & umlaut ü.pcof')
  const coffer = await openCoffer(pathToFileURL(place), { mode: 'x', keys })
  await coffer.write('a', 'b')
  await coffer.close()
  await using again = await openCoffer(place, { keys })
  expect(await again.readText('a')).toBe('b')
  expect(again.path).toBe(place)
  for (const address of ['https://example.org/a.pcof', new URL('https://example.org/a.pcof')]) {
    await expect(openCoffer(address, { keys })).rejects.toThrow(/httpStorage/)
  }
  await expect(openCoffer(new URL('ftp://example.org/a.pcof'), { keys })).rejects.toThrow(TypeError)
})

describe('a directory into a coffer and out again', () => {
  test('and never over the coffer itself', async () => {
    await using coffer = await create()
    await coffer.write('vault.pcof', 'an older one')
    await coffer.write('vault.pcof.lock', '')
    await coffer.write('vault.pcof.keyring', 'without the keys of the last rekeying')
    await writeFile(`${path}.keyring`, 'the keys')
    await coffer.write('other', 'x')
    await coffer.flush()
    const before = await readFile(path)
    for (const report of [await coffer.extract('vault.pcof', directory), await coffer.extractAll(directory)]) {
      expect(report.problems[0]).toMatchObject({ name: 'vault.pcof', code: 'ERR_COFFER_CONFLICT' })
    }
    expect((await readFile(path)).equals(before)).toBe(true)
    expect(await readFile(`${path}.keyring`, 'utf8')).toBe('the keys')
    expect(await readFile(join(directory, 'other'), 'utf8')).toBe('x')
  })

  test('nor over it under a name that the system takes for its own', async () => {
    await using coffer = await create()
    for (const name of ['VAULT.pcof', 'VAULT.pcof.jslock', 'VAULT.pcof.txt']) await coffer.write(name, name)
    await coffer.flush()
    const { problems } = await coffer.extractAll(join(directory, 'elsewhere'))
    expect(problems).toEqual([])
    // From here on it ignores case, for this one name.
    await link(path, join(directory, 'VAULT.pcof'))
    const report = await coffer.extractAll(directory)
    expect(report.problems.map(({ name, code }) => [name, code])).toEqual([['VAULT.pcof', 'ERR_COFFER_CONFLICT'], ['VAULT.pcof.jslock', 'ERR_COFFER_CONFLICT']])
    expect(await readFile(join(directory, 'VAULT.pcof.txt'), 'utf8')).toBe('VAULT.pcof.txt')
    expect((await readFile(join(directory, 'VAULT.pcof'))).equals(await readFile(path))).toBe(true)
  })

  test('in a storage that is given, which is told from itself as a path is', async () => {
    await writeFile(join(source, 'a'), 'content')
    await symlink(source, join(directory, 'way'))
    await using coffer = await openCoffer(fileStorage(join(directory, 'way', 'in.pcof')), { mode: 'x', keys })
    await coffer.write('first', '')
    await coffer.flush()
    expect(coffer.path).toBe(join(source, 'in.pcof'))
    await coffer.add(source, 'added')
    expect(await namesIn(coffer)).toEqual(['added', 'added/a', 'first'])

    await using inMemory = await openCoffer(memoryStorage(), { mode: 'x', keys })
    await inMemory.add(source, 'added')
    expect(await inMemory.extractAll(join(directory, 'out'))).toMatchObject({ problems: [] })
    expect(await readFile(join(directory, 'out/added/a'), 'utf8')).toBe('content')
    expect(inMemory.path).toBe('memory')
  })

  test('with its content, modes, times and links', async () => {
    await mkdir(join(source, 'sub/deep'), { recursive: true })
    await writeFile(join(source, 'small'), 'small')
    await writeFile(join(source, 'sub/large'), Buffer.alloc(1_700_000, 'abcdefghijklm'))
    await writeFile(join(source, 'sub/empty'), '')
    await symlink('../small', join(source, 'sub/link'))
    await chmod(join(source, 'sub/deep'), 0o750)
    await chmod(join(source, 'small'), 0o600)
    await using coffer = await create()
    expect(await coffer.add(source)).toEqual({ files: 3, directories: 3, symlinks: 1, bytes: 1_700_005 })
    const target = join(directory, 'out')
    expect(await coffer.extractAll(target)).toEqual({ files: 3, bytes: 1_700_005, problems: [] })
    expect(await readFile(join(target, 'source/sub/link'), 'utf8')).toBe('small')
    expect((await readFile(join(target, 'source/sub/large'))).equals(await readFile(join(source, 'sub/large')))).toBe(true)
    for (const name of ['', 'small', 'sub', 'sub/large', 'sub/empty', 'sub/deep']) {
      const [before, after] = await Promise.all([stat(join(source, name)), stat(join(target, 'source', name))])
      expect([name, after.mode, Math.abs(after.mtimeMs - before.mtimeMs) < 0.01]).toEqual([name, before.mode, true])
    }
  })

  test('the coffer itself, in the source, is left out with the files beside it', async () => {
    path = join(source, 'vault.pcof')
    await writeFile(join(source, 'a'), 'content')
    await writeFile(join(source, 'vault.pcof.bak'), 'a backup is a file like any other')
    await using coffer = await create()
    await coffer.add(source, 'first')
    await coffer.flush()
    await coffer.add(source, 'second')
    expect(await namesIn(coffer)).toEqual(['first', 'first/a', 'first/vault.pcof.bak', 'second', 'second/a', 'second/vault.pcof.bak'])
    await expect(coffer.add(path, 'itself')).rejects.toSatisfy((error) => isCofferError(error, 'ERR_COFFER_UNSUPPORTED'))
  })

  test('part of it', async () => {
    await mkdir(join(source, 'a'))
    await mkdir(join(source, 'ab'))
    for (const name of ['a/x', 'a/y', 'ab/z']) await writeFile(join(source, name), name)
    await using coffer = await create()
    await coffer.add(source, 'all')
    const target = join(directory, 'out')
    expect(await coffer.extract('all/a', target)).toMatchObject({ files: 2 })
    expect(await coffer.extract('all/ab/z', target)).toMatchObject({ files: 1 })
    expect((await readdir(target, { recursive: true })).sort()).toEqual(['all', 'all/a', 'all/a/x', 'all/a/y', 'all/ab', 'all/ab/z'])
    await expect(coffer.extract('all/b', target)).rejects.toSatisfy((error) => isCofferError(error, 'ERR_COFFER_NOT_FOUND'))
  })

  test('a file that grows while it is added is taken as it was', async () => {
    const growing = join(source, 'growing.log')
    await writeFile(growing, Buffer.alloc(3_000_000, 'x'))
    await using coffer = await create()
    const report = await coffer.add(source, 'logs', { onProgress: () => appendFileSync(growing, Buffer.alloc(1_000_000, 'y')) })
    expect(report.bytes).toBe((await coffer.stat('logs/growing.log'))?.size)
    expect(report.bytes).toBeLessThan(5_000_000)
  })
})

describe('what fails', () => {
  test('leaves nothing of an addition behind', async () => {
    await chmod(directory, 0o777)
    await chmod(source, 0o755)
    for (const name of ['a', 'b', 'z']) await writeFile(join(source, name), name)
    await chmod(join(source, 'z'), 0o000)
    await withoutPrivileges(async () => {
      await using coffer = await create()
      await coffer.write('before', 'x')
      await expect(coffer.add(source)).rejects.toSatisfy((error) => isCofferError(error, 'ERR_COFFER_PERMISSION'))
      expect(await namesIn(coffer)).toEqual(['before'])
    })
  })

  test('an abort ends an addition with its own reason', async () => {
    for (let i = 0; i < 30; i++) await writeFile(join(source, `f${i}`), Buffer.alloc(100_000, i))
    await using coffer = await create()
    const controller = new AbortController()
    const reason = new Error('enough')
    const adding = coffer.add(source, 's', { signal: controller.signal, onProgress: ({ done }) => done > 500_000 && controller.abort(reason) })
    await expect(adding).rejects.toBe(reason)
    expect(await namesIn(coffer)).toEqual([])
    await coffer.add(source, 's')
    expect((await namesIn(coffer)).length).toBe(31)
  })

  test('an abort ends an extraction and leaves whole files only', async () => {
    for (let i = 0; i < 30; i++) await writeFile(join(source, `f${i}`), Buffer.alloc(100_000, i))
    await using coffer = await create()
    await coffer.add(source, 's')
    const controller = new AbortController()
    const reason = new Error('enough')
    const target = join(directory, 'out')
    const extracting = coffer.extractAll(target, { signal: controller.signal, onProgress: ({ done }) => done > 500_000 && controller.abort(reason) })
    await expect(extracting).rejects.toBe(reason)
    for (const name of await readdir(join(target, 's'))) expect([name, (await stat(join(target, 's', name))).size]).toEqual([expect.stringMatching(/^f/), 100_000])
  })

  test('a file that may not be replaced keeps an addition out', async () => {
    await writeFile(join(source, 'a'), 'new')
    await using coffer = await create()
    await coffer.write('source/a', 'old')
    await expect(coffer.add(source, 'source', { replace: false })).rejects.toSatisfy((error) => isCofferError(error, 'ERR_COFFER_EXISTS'))
    expect(await coffer.readText('source/a')).toBe('old')
  })

  test('a coffer that is moved away while it is open is not written any more', async () => {
    const coffer = await create()
    await coffer.write('a', 'one')
    await coffer.flush()
    await rename(path, `${path}.moved`)
    await writeFile(path, 'somebody else\'s')
    await new Promise((resolve) => {
      setTimeout(resolve, 80)
    })
    await expect(coffer.write('a', 'two')).rejects.toSatisfy((error) => isCofferError(error, 'ERR_COFFER_LOCK_LOST'))
    await coffer.close().catch(() => undefined)
    expect(await readFile(path, 'utf8')).toBe('somebody else\'s')
  })
})

test.runIf(process.platform !== 'win32')('2,000 files with 128 descriptors', async () => {
  for (let i = 0; i < 2000; i++) await writeFile(join(source, `f${i}`), `content of ${i}`)
  const script = fileURLToPath(new URL('children/many-files.ts', import.meta.url))
  const target = join(directory, 'out')
  const child = start('sh', ['-c', 'ulimit -n 512; exec "$@"', 'sh', process.execPath, '--import', 'tsx', script, source, path, target, '384'])
  const report = JSON.parse(await child.line()) as unknown
  expect(report).toMatchObject({ added: { files: 2000, directories: 1 }, extracted: { files: 2000, problems: [] } })
  expect(await readFile(join(target, 'files', 'f1999'), 'utf8')).toBe('content of 1999')
})
