import { copyFile, mkdir, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { randomBytes } from 'node:crypto'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { fixtureFiles, pycofferFixtures } from './fixtures.js'
import {
  digestOf,
  patternBytes,
  pycofferKinds,
  pycofferVersions,
  startPycoffer,
  type Pattern,
  type Pycoffer,
  type PycofferKind,
  type PycofferOpenOptions,
} from './pycoffer.js'

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'coffer-interop-'))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

/**
 * Fixtures that PyCoffer itself does not open, and what it says. In bank-aes.pcof the tag of every chunk is wrong under
 * the key in manifest.json (OpenSSL refuses the first one too), so file and key do not belong together: `MAC check failed`.
 * A repaired fixture turns its test red; then take it out of here.
 */
const unreadableFixtures: ReadonlyMap<string, string> = new Map([['bank-aes.pcof', 'ValueError']])

// Building the environments is part of the first run.
const setupMs = 600_000

describe.each(pycofferVersions)('the real PyCoffer, %s', (version) => {
  let pycoffer: Pycoffer
  beforeAll(async () => {
    pycoffer = await startPycoffer(version)
  }, setupMs)
  afterAll(() => pycoffer.close())

  test('is the release that the interop tests are about', async () => {
    const versions = await pycoffer.versions()
    expect(versions['pycoffer']).toBe('0.1.4')
    const [major, minor] = (versions['pyzstd'] ?? '').split('.').map(Number)
    if (version === 'pyzstd-0.16.2') expect([major, minor]).toEqual([0, 16])
    else expect(minor, 'pyzstd that stands on the newer zstd file reader').toBeGreaterThanOrEqual(17)
  })

  test.each(pycofferFixtures.filter(({ name }) => !unreadableFixtures.has(name)))('opens the fixture $name with every digest equal', async (fixture) => {
    await using coffer = await pycoffer.open({ ...fixture, path: await copyOf(fixture.path) })
    const found = await coffer.readAll()
    expect(Object.fromEntries(Object.entries(found).map(([name, { size, sha256 }]) => [name, { size, sha256 }]))).toEqual(fixtureFiles)
  })

  test.each([...unreadableFixtures])('does not open the fixture %s (see unreadableFixtures)', async (name, className) => {
    const fixture = pycofferFixtures.find((candidate) => candidate.name === name)
    if (fixture === undefined) throw new Error(`There is no fixture ${name}: take it out of unreadableFixtures`)
    await expect(pycoffer.open({ ...fixture, path: await copyOf(fixture.path) })).rejects.toMatchObject({ className })
  })

  test.each(pycofferKinds)('writes and reads a %s', async (kind) => {
    const options = newCoffer(kind)
    const contents: Record<string, Pattern> = {
      'empty.txt': { pattern: 'zeros', size: 0 },
      'a/text.txt': { pattern: 'text', size: 300_001, seed: kind },
      'a/b/random.bin': { pattern: 'random', size: 150_000, seed: kind },
      'zeros.bin': { pattern: 'zeros', size: 200_000 },
    }
    {
      await using coffer = await pycoffer.open({ ...options, mode: 'w' })
      for (const [name, pattern] of Object.entries(contents)) await coffer.write(name, pattern)
      await coffer.write('ünï.txt', 'straight from here')
      await coffer.write('gone.txt', 'x')
      await coffer.delete('gone.txt')
      await coffer.setMtime('zeros.bin', 1_234_567_890)
    }
    {
      await using coffer = await pycoffer.open({ ...options, mode: 'a' })
      await coffer.append('ünï.txt', '\nand more')
    }
    await using coffer = await pycoffer.open(options)
    expect((await coffer.members()).map(({ name }) => name)).toEqual([...Object.keys(contents), 'ünï.txt'].toSorted())
    for (const [name, pattern] of Object.entries(contents)) {
      expect(await coffer.digest(name)).toEqual(digestOf(patternBytes(pattern)))
    }
    expect((await coffer.readAll())['zeros.bin']?.mtime).toBe(1_234_567_890)
    expect(await coffer.readLines('ünï.txt')).toEqual(['straight from here', 'and more'])
    expect(Buffer.from(await coffer.read('a/text.txt'))).toEqual(Buffer.from(patternBytes(contents['a/text.txt'] as Pattern)))
  })

  test('takes files from disk and puts them back, with their times', async () => {
    const options = newCoffer('store')
    const source = join(folder, `${version}-tree`)
    await mkdir(join(source, 'sub'), { recursive: true })
    await writeFile(join(source, 'sub', 'file.txt'), 'in a tree')
    const target = join(folder, `${version}-out`)
    {
      await using coffer = await pycoffer.open({ ...options, mode: 'x' })
      await coffer.add(source, 'tree')
      await coffer.add(join(source, 'sub', 'file.txt'), 'single.txt')
      await coffer.flush()
      expect(await coffer.modified()).toBe(false)
    }
    await using coffer = await pycoffer.open(options)
    await coffer.extractAll(target)
    await coffer.extract('single.txt', join(target, 'again'))
    expect(await readFile(join(target, 'tree', 'sub', 'file.txt'), 'utf8')).toBe('in a tree')
    expect(await readFile(join(target, 'again', 'single.txt'), 'utf8')).toBe('in a tree')
    const [before, after] = await Promise.all([stat(join(source, 'sub', 'file.txt')), stat(join(target, 'single.txt'))])
    expect(Math.abs(before.mtimeMs - after.mtimeMs)).toBeLessThan(1)
  })

  test('pickles values', async () => {
    const options = newCoffer('market')
    const value = { list: [1, 2.5, null, true], text: '文件' }
    {
      await using coffer = await pycoffer.open({ ...options, mode: 'w' })
      await coffer.pickleDump('values/one', value)
    }
    await using coffer = await pycoffer.open(options)
    expect(await coffer.pickleLoad('values/one')).toEqual(value)
    expect(await coffer.pickleLoad('values/none')).toBeNull()
  })

  test.each<PycofferKind>(['store', 'market', 'bank-aes'])('encrypts and decrypts a loose file with the keys of a %s', async (kind) => {
    await using coffer = await pycoffer.open({ ...newCoffer(kind), mode: 'w' })
    const plain = patternBytes({ pattern: 'random', size: 100_000, seed: kind })
    const path = join(folder, `${version}-${kind}-loose`)
    await writeFile(path, plain)
    await coffer.encrypt(path, `${path}.enc`)
    await coffer.decrypt(`${path}.enc`, `${path}.dec`)
    expect((await readFile(`${path}.enc`)).includes(Buffer.from(plain.subarray(1000, 1016)))).toBe(false)
    expect(digestOf(await readFile(`${path}.dec`))).toEqual(digestOf(plain))
  })

  test('reports exceptions by their class', async () => {
    const options = newCoffer('store')
    await expect(pycoffer.open(options)).rejects.toMatchObject({ className: 'FileNotFoundError' })
    {
      await using coffer = await pycoffer.open({ ...options, mode: 'w' })
      await coffer.write('a', 'a')
    }
    await expect(pycoffer.open({ ...options, cofferKey: randomBytes(32) })).rejects.toMatchObject({ className: 'CryptoError' })
    await using coffer = await pycoffer.open(options)
    await expect(coffer.write('a', 'b')).rejects.toMatchObject({ className: 'UnsupportedOperation' })
    await using bank = await pycoffer.open({ ...newCoffer('bank-fernet'), mode: 'w' })
    await expect(bank.encrypt(options.path, `${options.path}.enc`)).rejects.toMatchObject({ className: 'NotImplementedError' })
  })

  test('shows and takes the lock', async () => {
    const options = newCoffer('null')
    expect(await pycoffer.probeLock(options.path)).toEqual({ exists: false, locked: false })
    const coffer = await pycoffer.open({ ...options, mode: 'w' })
    expect(await pycoffer.probeLock(options.path)).toEqual({ exists: true, locked: true })
    await using other = await startPycoffer(version)
    await expect(other.open({ ...options, mode: 'a', lockTimeoutSeconds: 0.1 })).rejects.toMatchObject({ className: 'Timeout' })
    await coffer.close()
    expect((await pycoffer.probeLock(options.path)).locked).toBe(false)
    {
      await using lock = await other.acquireLock(options.path)
      expect(lock).toBeDefined()
      await expect(pycoffer.open({ ...options, lockTimeoutSeconds: 0.1 })).rejects.toMatchObject({ className: 'Timeout' })
    }
    await using again = await pycoffer.open(options)
    expect(await again.members()).toEqual([])
  })

  test('a call after the process ended is rejected, not lost', async () => {
    const other = await startPycoffer(version)
    await other.close()
    await expect(other.versions()).rejects.toThrow('has ended')
  })
})

let count = 0
function newCoffer(kind: PycofferKind): PycofferOpenOptions {
  const needsCoffer = kind === 'store' || kind.startsWith('bank')
  const needsSecure = kind === 'market' || kind.startsWith('bank')
  return {
    kind,
    path: join(folder, `${kind}-${++count}.pcof`),
    ...(needsCoffer && { cofferKey: new Uint8Array(randomBytes(kind === 'bank-aes' ? 16 : 32)) }),
    ...(needsSecure && { secureKey: new Uint8Array(randomBytes(32)) }),
  }
}

async function copyOf(path: string): Promise<string> {
  const copy = join(folder, `${++count}-${basename(path)}`)
  await copyFile(path, copy)
  return copy
}
