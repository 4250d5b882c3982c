import { mkfifoSync } from './fifo.js'
import { chmod, chown, mkdir, open, readdir, readFile, readlink, rename, rm, stat, symlink, unlink, writeFile } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { generateKeys, isCofferError, type StorageFile } from '@coffer/core'
import { fileStorage, openCoffer } from '@coffer/node'
import { describe, expect, test, vi } from 'vitest'
import { testLock } from '../../../test/conformance/lock-suite.js'
import { testStorage } from '../../../test/conformance/storage-suite.js'
import { makeReadOnly, smallDisk, temporaryDirectory, withoutPrivileges } from './system.js'

testStorage({
  name: 'a file',
  create: async () => fileStorage(join(await temporaryDirectory(), 'vault.pcof')),
  readBackup: (storage, extension) => readFile(storage.name + extension).then((bytes) => new Uint8Array(bytes), () => undefined),
})

const sharedTests = ['shared holders are there together', 'shared and exclusive holders exclude each other']
for (const interopLock of [true, false]) {
  testLock({
    name: interopLock ? 'a file, with the lock of PyCoffer' : 'a file, with our lock alone',
    create: async () => {
      const path = join(await temporaryDirectory(), 'vault.pcof')
      return [fileStorage(path, { interopLock }), fileStorage(path, { interopLock })]
    },
    skip: [{ reason: 'files have exclusive locks only', tests: sharedTests }],
  })
}

const hexName = /^\.vault\.pcof\.[0-9a-f]{16}\.coffer-tmp$/

async function publish(path: string, content: string): Promise<void> {
  const file = await fileStorage(path).replace()
  await file.write(0, Buffer.from(content))
  await file.publish()
  await file.close()
}

async function openThere(path: string, access: 'read' | 'write' = 'read'): Promise<StorageFile> {
  const file = await fileStorage(path).open(access)
  if (!file) throw new Error('nothing there')
  return file
}

const code = (code: Parameters<typeof isCofferError>[1]) => (error: unknown) => isCofferError(error, code)

describe('a file on the file system', () => {
  test('is for its owner only; one that is replaced keeps its mode', async () => {
    const path = join(await temporaryDirectory(), 'vault.pcof')
    await publish(path, 'one')
    expect((await stat(path)).mode & 0o777).toBe(0o600)
    await chmod(path, 0o640)
    await publish(path, 'two')
    expect((await stat(path)).mode & 0o777).toBe(0o640)
    expect(await readFile(path, 'utf8')).toBe('two')
  })

  test.runIf(process.geteuid?.() === 0)('one that root replaces keeps its owner', async () => {
    const path = join(await temporaryDirectory(), 'vault.pcof')
    await publish(path, 'one')
    await chown(path, 65_534, 65_533)
    await publish(path, 'two')
    const { uid, gid } = await stat(path)
    expect([uid, gid]).toEqual([65_534, 65_533])
  })

  test('a sync that was begun meanwhile and failed is told of by the next, and by every one after it', async () => {
    const path = join(await temporaryDirectory(), 'vault.pcof')
    const any = await open(path, 'w')
    const handles = Object.getPrototypeOf(any) as { datasync(): Promise<void> }
    await any.close()
    const datasync = vi.spyOn(handles, 'datasync')
    try {
      const file = await fileStorage(path).replace()
      await file.write(0, Buffer.from('one'))
      file.syncBehind?.()
      // One at a time.
      file.syncBehind?.()
      expect(datasync).toHaveBeenCalledTimes(1)
      await file.sync()
      datasync.mockRejectedValueOnce(Object.assign(new Error('EIO'), { code: 'EIO', errno: -5, syscall: 'fdatasync' }))
      file.syncBehind?.()
      for (let i = 0; i < 2; i++) await expect(file.sync()).rejects.toSatisfy(code('ERR_COFFER_IO'))
      await expect(file.publish()).rejects.toSatisfy(code('ERR_COFFER_IO'))
      expect(await readFile(path, 'utf8')).toBe('')
      await file.close()
    } finally {
      datasync.mockRestore()
    }
  })

  test('a symlink stays one and its target is replaced', async () => {
    const directory = await temporaryDirectory()
    await mkdir(join(directory, 'real'))
    await publish(join(directory, 'real', 'vault.pcof'), 'one')
    const path = join(directory, 'link.pcof')
    await symlink('real/vault.pcof', path)
    await publish(path, 'two')
    expect(await readlink(path)).toBe('real/vault.pcof')
    expect(await readFile(join(directory, 'real', 'vault.pcof'), 'utf8')).toBe('two')
    expect(await readdir(join(directory, 'real'))).toEqual(['vault.pcof'])
  })

  test('a symlink to what is not there yet stays one too', async () => {
    const directory = await temporaryDirectory()
    await mkdir(join(directory, 'real'))
    const path = join(directory, 'link.pcof')
    await symlink('real/vault.pcof', path)
    await publish(path, 'one')
    expect(await readlink(path)).toBe('real/vault.pcof')
    expect(await readFile(join(directory, 'real', 'vault.pcof'), 'utf8')).toBe('one')
  })

  test('a symlink to itself is an error, not a loop', async () => {
    const path = join(await temporaryDirectory(), 'link.pcof')
    await symlink('link.pcof', path)
    await expect(fileStorage(path).open('read')).rejects.toSatisfy(code('ERR_COFFER_IO'))
  })

  test('two names for one file share one lock', async () => {
    const directory = await temporaryDirectory()
    await publish(join(directory, 'vault.pcof'), 'one')
    await symlink('vault.pcof', join(directory, 'link.pcof'))
    const lock = await fileStorage(join(directory, 'vault.pcof')).lock('exclusive', { timeoutMs: 0 })
    await expect(fileStorage(join(directory, 'link.pcof')).lock('exclusive', { timeoutMs: 0 })).rejects.toSatisfy(code('ERR_COFFER_LOCKED'))
    await lock.release()
  })

  test('is no longer current once it is moved or removed', async () => {
    const path = join(await temporaryDirectory(), 'vault.pcof')
    await publish(path, 'one')
    const file = await openThere(path)
    expect(await file.isCurrent()).toBe(true)
    await rename(path, `${path}.moved`)
    expect(await file.isCurrent()).toBe(false)
    await writeFile(path, 'another')
    expect(await file.isCurrent()).toBe(false)
    await file.close()
  })

  test('reaches beyond 4 GiB', async () => {
    const file = await fileStorage(join(await temporaryDirectory(), 'vault.pcof')).spool()
    const offset = 6 * 2 ** 30 + 5
    await file.write(offset, Buffer.from('far away'))
    expect(await file.size()).toBe(offset + 8)
    expect(Buffer.from(await file.read(offset - 2, 100)).toString()).toBe('\0\0far away')
    await file.close()
  })

  test('refuses what is no path', () => {
    expect(() => fileStorage('')).toThrow(TypeError)
    expect(() => fileStorage('a\0b')).toThrow(TypeError)
  })
})

describe('what a crash leaves', () => {
  const leftover = '.vault.pcof.0123456789abcdef.coffer-tmp'

  test('is removed by whoever opens for writing under the lock, and only then', async () => {
    const path = join(await temporaryDirectory(), 'vault.pcof')
    await publish(path, 'one')
    const file = join(dirname(path), leftover)
    await writeFile(file, 'half a coffer')
    const storage = fileStorage(path)
    await (await storage.open('write'))?.close()
    expect(await readdir(dirname(path))).toContain(leftover)
    const lock = await storage.lock('exclusive', { timeoutMs: 0 })
    await (await storage.open('read'))?.close()
    expect(await readdir(dirname(path))).toContain(leftover)
    await (await storage.open('write'))?.close()
    expect(await readdir(dirname(path))).not.toContain(leftover)
    await lock.release()
  })

  test('is removed by the next replacement', async () => {
    const path = join(await temporaryDirectory(), 'vault.pcof')
    await writeFile(join(dirname(path), leftover), 'half a coffer')
    const storage = fileStorage(path)
    const lock = await storage.lock('exclusive', { timeoutMs: 0 })
    const replacement = await storage.replace()
    const names = (await readdir(dirname(path))).filter((name) => name.endsWith('.coffer-tmp'))
    expect(names).toEqual([expect.stringMatching(hexName)])
    expect(names).not.toContain(leftover)
    await replacement.close()
    await lock.release()
    expect((await readdir(dirname(path))).filter((name) => name.endsWith('.coffer-tmp'))).toEqual([])
  })

  test('of another coffer is left alone, whatever its name begins with', async () => {
    const directory = await temporaryDirectory()
    await publish(join(directory, 'vault'), 'one')
    const others = ['.vault.pcof.0123456789abcdef.coffer-tmp', '.vault.notes.coffer-tmp', 'vault.0123456789abcdef.coffer-tmp', '.vault.0123456789abcdef.txt']
    for (const name of others) await writeFile(join(directory, name), '')
    const storage = fileStorage(join(directory, 'vault'))
    const lock = await storage.lock('exclusive', { timeoutMs: 0 })
    await (await storage.open('write'))?.close()
    await lock.release()
    expect(await readdir(directory)).toEqual(expect.arrayContaining(others))
  })

  test('what this process is at work on is no leftover', async () => {
    const path = join(await temporaryDirectory(), 'vault.pcof')
    const storage = fileStorage(path)
    const lock = await storage.lock('exclusive', { timeoutMs: 0 })
    const first = await storage.replace()
    const second = await storage.replace()
    await second.close()
    await first.publish()
    expect(await first.isCurrent()).toBe(true)
    await first.close()
    await lock.release()
  })
})

describe('errors of the system', () => {
  test('a backup whose place is taken by a directory leaves nothing behind', async () => {
    const path = join(await temporaryDirectory(), 'vault.pcof')
    await publish(path, 'one')
    await mkdir(`${path}.bak`)
    await expect(fileStorage(path).backup('.bak')).rejects.toSatisfy((error) => isCofferError(error))
    expect((await readdir(dirname(path))).sort()).toEqual(['vault.pcof', 'vault.pcof.bak'])
  })

  test('a missing directory, a directory and a pipe at the place', async () => {
    const directory = await temporaryDirectory()
    const missing = fileStorage(join(directory, 'no', 'vault.pcof'))
    for (const attempt of [() => missing.open('read'), () => missing.replace(), () => missing.lock('exclusive', { timeoutMs: 0 })]) {
      await expect(attempt()).rejects.toSatisfy(code('ERR_COFFER_NOT_FOUND'))
    }
    const atDirectory = fileStorage(directory)
    for (const attempt of [() => atDirectory.open('read'), () => atDirectory.replace()]) {
      await expect(attempt()).rejects.toMatchObject({ code: 'ERR_COFFER_NOT_A_COFFER', message: expect.stringContaining('a directory') })
    }
    mkfifoSync(join(directory, 'pipe'))
    await expect(fileStorage(join(directory, 'pipe')).open('read')).rejects.toSatisfy(code('ERR_COFFER_NOT_A_COFFER'))
    const below = fileStorage(join(directory, 'pipe', 'vault.pcof'))
    await expect(below.open('read')).rejects.toSatisfy(code('ERR_COFFER_NOT_FOUND'))
  })

  test('a name that has no room for the files beside it', async () => {
    const storage = fileStorage(join(await temporaryDirectory(), 'n'.repeat(250)))
    await expect(storage.lock('exclusive', { timeoutMs: 0 })).rejects.toMatchObject({ code: 'ERR_COFFER_NAME', message: expect.stringContaining('longer than the system takes') })
    expect(await readdir(dirname(storage.name))).toEqual([])
  })

  test('no permission to read, to write, to add to the directory', async () => {
    const directory = await temporaryDirectory()
    const path = join(directory, 'vault.pcof')
    await publish(path, 'one')
    await chmod(directory, 0o555)
    await chmod(path, 0o444)
    await withoutPrivileges(async () => {
      await expect(fileStorage(path).open('write')).rejects.toSatisfy(code('ERR_COFFER_PERMISSION'))
      await expect(fileStorage(path).replace()).rejects.toSatisfy(code('ERR_COFFER_PERMISSION'))
      await expect(fileStorage(path).backup('.bak')).rejects.toSatisfy(code('ERR_COFFER_PERMISSION'))
      await expect(fileStorage(path).lock('exclusive', { timeoutMs: 0 })).rejects.toMatchObject({
        code: 'ERR_COFFER_PERMISSION',
        message: expect.stringContaining(path),
        cause: { code: 'EACCES' },
      })
      const reader = await openThere(path)
      expect(Buffer.from(await reader.read(0, 10)).toString()).toBe('one')
      await reader.close()
    })
    await chmod(path, 0o000)
    await withoutPrivileges(() => expect(fileStorage(path).open('read')).rejects.toSatisfy(code('ERR_COFFER_PERMISSION')))
    expect(await readdir(directory)).toEqual([basename(path)])
    await chmod(directory, 0o755)
  })

  test('spools elsewhere where the directory takes no files', async () => {
    const directory = await temporaryDirectory()
    await publish(join(directory, 'vault.pcof'), 'one')
    await chmod(directory, 0o555)
    await withoutPrivileges(async () => {
      const spool = await fileStorage(join(directory, 'vault.pcof')).spool()
      await spool.write(0, Buffer.from('spooled'))
      expect(Buffer.from(await spool.read(0, 100)).toString()).toBe('spooled')
      await spool.close()
    })
    await chmod(directory, 0o755)
  })

  test.runIf(process.platform === 'linux')('a spool has no name, and no mode for others', async () => {
    const path = join(await temporaryDirectory(), 'vault.pcof')
    const spool = await fileStorage(path).spool()
    await spool.write(0, Buffer.from('x'))
    expect(await readdir(dirname(path))).toEqual([])
    const open = await Promise.all((await readdir('/proc/self/fd')).map((fd) => readlink(`/proc/self/fd/${fd}`).catch(() => '')))
    const at = open.findIndex((target) => target.startsWith(dirname(path)) && target.endsWith('(deleted)'))
    expect(at).toBeGreaterThanOrEqual(0)
    const fd = (await readdir('/proc/self/fd'))[at] ?? ''
    expect((await stat(`/proc/self/fd/${fd}`)).mode & 0o777).toBe(0o600)
    await spool.close()
  })
})

test('a coffer on a disk that cannot be written to opens without a lock', async (context) => {
  const directory = await smallDisk(context, 256)
  const path = join(directory, 'vault.pcof')
  const keys = await generateKeys('store')
  await using coffer = await openCoffer(path, { mode: 'x', keys })
  await coffer.write('a', 'content')
  await coffer.close()
  makeReadOnly(directory)
  for (const lock of ['none', 'rw'] as const) {
    await expect(openCoffer(path, { keys, mode: 'a', lock })).rejects.toSatisfy(code('ERR_COFFER_PERMISSION'))
    await using reader = await openCoffer(path, { keys, lock })
    expect(await reader.readText('a')).toBe('content')
  }
})

describe('a full disk', () => {
  test('refuses a write, keeps what was there, takes writes again once there is space', async (context) => {
    const directory = await smallDisk(context, 256)
    const path = join(directory, 'vault.pcof')
    await publish(path, 'committed')
    const file = await openThere(path, 'write')
    await expect(file.write(9, new Uint8Array(400_000))).rejects.toMatchObject({ code: 'ERR_COFFER_FULL', cause: { code: 'ENOSPC' } })
    expect(Buffer.from(await file.read(0, 9)).toString()).toBe('committed')
    await file.truncate(9)
    await file.write(9, Buffer.from(' again'))
    expect(Buffer.from(await file.read(0, 100)).toString()).toBe('committed again')
    await file.close()
  })

  test('a backup, a replacement, a lock leave nothing behind', async (context) => {
    const directory = await smallDisk(context, 256)
    const path = join(directory, 'vault.pcof')
    await writeFile(path, new Uint8Array(150_000))
    await expect(fileStorage(path).backup('.bak')).rejects.toSatisfy(code('ERR_COFFER_FULL'))
    const replacement = await fileStorage(path).replace()
    await expect(replacement.write(0, new Uint8Array(300_000))).rejects.toSatisfy(code('ERR_COFFER_FULL'))
    await replacement.close()
    expect(await readdir(directory)).toEqual(['vault.pcof'])
    await writeFile(join(directory, 'filler'), new Uint8Array(400_000)).catch(() => undefined)
    await expect(fileStorage(path).lock('exclusive', { timeoutMs: 0 })).rejects.toSatisfy(code('ERR_COFFER_FULL'))
    // The file of the flock stays, as it always does; it is empty.
    expect((await readdir(directory)).sort()).toEqual(['filler', 'vault.pcof', 'vault.pcof.lock'])
    await unlink(join(directory, 'filler'))
    await (await fileStorage(path).lock('exclusive', { timeoutMs: 0 })).release()
  })

  test('a coffer keeps what was committed and goes on when there is space', async (context) => {
    const directory = await smallDisk(context, 1024)
    const path = join(directory, 'vault.pcof')
    const keys = await generateKeys('bank')
    const random = (length: number): Uint8Array => {
      const bytes = new Uint8Array(length)
      for (let at = 0; at < length; at += 65_536) crypto.getRandomValues(bytes.subarray(at, at + 65_536))
      return bytes
    }
    const first = random(300_000)
    await using coffer = await openCoffer(path, { mode: 'x', keys })
    await coffer.write('first', first)
    const filler = join(directory, 'filler')
    await writeFile(filler, new Uint8Array(200_000))
    await expect(coffer.write('second', random(900_000))).rejects.toSatisfy(code('ERR_COFFER_FULL'))
    expect(Buffer.from(await coffer.read('first')).equals(first)).toBe(true)
    expect(await coffer.has('second')).toBe(false)
    await rm(filler)
    await coffer.write('third', random(100_000))
    await coffer.close()
    await using again = await openCoffer(path, { keys })
    expect(Buffer.from(await again.read('first')).equals(first)).toBe(true)
    expect((await again.read('third')).length).toBe(100_000)
  })
})
