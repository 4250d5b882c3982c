import { spawnSync } from 'node:child_process'
import { chmod, mkdir, readdir, readFile, rename, rm, stat, symlink, utimes, writeFile } from 'node:fs/promises'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { generateKeys, isCofferError, type StorageLock } from '@coffer/core'
import { breakLock, fileStorage, openCoffer } from '@coffer/node'
import { beforeEach, describe, expect, test } from 'vitest'
import { childScripts } from './child-scripts.js'
import { hasCommand, pause, start, temporaryDirectory, withoutPrivileges, type Child } from './system.js'

const hasPython = hasCommand('python3', '-c', 'import fcntl')

const scriptOf = childScripts()

function startNode(script: string, args: readonly string[], env?: Readonly<Record<string, string>>): Child {
  return start(process.execPath, [scriptOf(script), ...args], env)
}

let path: string
beforeEach(async () => {
  path = join(await temporaryDirectory(), 'vault.pcof')
})

function take(timeoutMs = 0, interopLock = true): Promise<StorageLock> {
  return fileStorage(path, { interopLock }).lock('exclusive', { timeoutMs })
}

const isLocked = (error: unknown): boolean => isCofferError(error, 'ERR_COFFER_LOCKED')

async function holder(interop = true, timeoutMs = 0): Promise<Child> {
  const child = startNode('holder.ts', [path, String(interop), String(timeoutMs)])
  expect(await child.line()).toBe('locked')
  return child
}

/** A process that takes the flock as Python's filelock does. */
function python(): Child {
  return start('python3', [
    '-c',
    `import fcntl, os, sys
fd = os.open(sys.argv[1], os.O_RDWR | os.O_TRUNC | os.O_CREAT, 0o644)
try:
    fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    print('locked', flush=True)
except BlockingIOError:
    print('busy', flush=True)
    sys.exit()
for line in sys.stdin:
    if line == 'remove\\n':
        os.remove(sys.argv[1])
        print('removed', flush=True)
    else:
        break`,
    `${path}.lock`,
  ])
}

async function writeOwner(fields: Readonly<Record<string, unknown>>): Promise<void> {
  const lock = await take()
  const owner = JSON.parse(await readFile(`${path}.jslock`, 'utf8')) as Record<string, unknown>
  await lock.release()
  await writeFile(`${path}.jslock`, JSON.stringify({ ...owner, nonce: 'of-another', ...fields }))
}

/** A pid that was in use and is not any more. */
function deadPid(): number {
  return spawnSync('true').pid
}

describe('the lock file', () => {
  test('says whose it is, is for its owner only and goes away', async () => {
    const lock = await take()
    expect(JSON.parse(await readFile(`${path}.jslock`, 'utf8'))).toMatchObject({ pid: process.pid, host: hostname() })
    expect((await stat(`${path}.jslock`)).mode & 0o777).toBe(0o600)
    await lock.release()
    expect(await readdir(join(path, '..'))).toEqual(['vault.pcof.lock'])
    expect(await readFile(`${path}.lock`, 'utf8')).toBe('')
  })

  test('the message for whoever does not get in names the holder and the way out', async () => {
    const child = await holder()
    const error: unknown = await take(30).catch((error: unknown) => error)
    expect(error).toMatchObject({ code: 'ERR_COFFER_LOCKED' })
    expect((error as Error).message).toContain(`process ${child.process.pid} on ${hostname()}, since 20`)
    expect((error as Error).message).toContain('breakLock')
  })

  test('another process is kept out and let in', async () => {
    const child = await holder()
    await expect(take()).rejects.toSatisfy(isLocked)
    const waiting = take(20_000)
    await pause(60)
    child.send('release')
    const lock = await waiting
    const other = startNode('holder.ts', [path])
    expect(await other.line()).toContain('ERR_COFFER_LOCKED')
    await lock.release()
  })

  test('is released also while somebody has it aside, who took it for a stale one', async () => {
    const lock = await take(0, false)
    const aside = `${path}.jslock.${'0123456789abcdef'.repeat(2)}`
    await rename(`${path}.jslock`, aside)
    await lock.release()
    expect(await readdir(join(path, '..'))).toEqual([])
  })

  test('is released when it is given back in just that moment', async () => {
    for (let i = 0; i < 50; i++) {
      const lock = await take(0, false)
      const aside = `${path}.jslock.${String(i).padStart(32, '0')}`
      await rename(`${path}.jslock`, aside)
      const released = lock.release()
      await pause(i % 5 === 0 ? 0 : Math.random())
      await rename(aside, `${path}.jslock`).catch(() => undefined)
      await released
      expect(await readdir(join(path, '..'))).toEqual([])
    }
  })

  test('a process that ends without a release takes its lock file along', async () => {
    const child = await holder()
    child.send('end')
    expect(await child.ended()).toBe(0)
    expect(await readdir(join(path, '..'))).toEqual(['vault.pcof.lock'])
  })

  test.each([true, false])('a process that is killed leaves a lock that the next one removes (flock: %s)', async (interop) => {
    const child = await holder(interop)
    child.process.kill('SIGKILL')
    await child.ended()
    expect(await readdir(join(path, '..'))).toContain('vault.pcof.jslock')
    const lock = await take(0, interop)
    expect(await lock.isHeld()).toBe(true)
    await lock.release()
  })

  test('a process that is stopped keeps its lock; once broken, it finds out', async () => {
    const child = await holder(false)
    child.process.kill('SIGSTOP')
    await expect(take(100)).rejects.toSatisfy(isLocked)
    await breakLock(path)
    const lock = await take()
    child.process.kill('SIGCONT')
    child.send('held')
    expect(await child.line()).toBe('false')
    child.send('release')
    expect(await child.line()).toBe('released')
    expect(await lock.isHeld()).toBe(true)
    await lock.release()
  })

  test('breakLock does not take the system lock of a living process', async () => {
    const child = await holder(true)
    await breakLock(path)
    await expect(take()).rejects.toMatchObject({ code: 'ERR_COFFER_LOCKED', message: expect.stringContaining('vault.pcof.lock') })
    child.process.kill('SIGKILL')
    await child.ended()
    await (await take()).release()
  })

  test('breakLock finds the lock behind a link, and minds no lock that is not there', async () => {
    await writeFile(path, '')
    await symlink('vault.pcof', `${path}.link`)
    const lock = await take()
    await breakLock(`${path}.link`)
    expect(await lock.isHeld()).toBe(false)
    await lock.release()
    await breakLock(path)
  })

  test('a coffer whose lock was broken writes nothing more', async () => {
    const keys = await generateKeys('store')
    const coffer = await openCoffer(path, { mode: 'x', keys, autoFlush: true })
    await coffer.write('a', 'one')
    await breakLock(path)
    await pause(80)
    await expect(coffer.write('a', 'two')).rejects.toSatisfy((error) => isCofferError(error, 'ERR_COFFER_LOCK_LOST'))
    await coffer.close().catch(() => undefined)
    await using again = await openCoffer(path, { keys })
    expect(await again.readText('a')).toBe('one')
  })
})

describe('whose owner is gone', () => {
  test.each([
    ['another boot of this host', { boot: 'another-boot' }],
    ['a pid that is no more', { pid: deadPid() }],
    ['a pid that came again', { pid: process.ppid, started: '1' }],
  ])('%s: removed', async (_, fields) => {
    await writeOwner(fields)
    const lock = await take()
    expect(await lock.isHeld()).toBe(true)
    await lock.release()
  })

  test.each([
    ['another host', { host: 'elsewhere', pid: 1, boot: 'another-boot' }],
    ['a container with this name', { pid: 4_000_000, space: 'pid:[1]' }],
    ['a living process', { pid: process.ppid, started: undefined }],
    ['no process', { pid: -1 }],
    ['a number for a host', { host: 7 }],
  ])('%s: left alone', async (_, fields) => {
    await writeOwner(fields)
    const before = await readFile(`${path}.jslock`, 'utf8')
    await expect(take(30)).rejects.toSatisfy(isLocked)
    expect(await readFile(`${path}.jslock`, 'utf8')).toBe(before)
    await breakLock(path)
    await (await take()).release()
  })

  test.each(['', '{', 'null', '[]', '{"pid":1}', '\0\0\0\0'])('a lock file that holds %j is left alone', async (content) => {
    await writeFile(`${path}.jslock`, content)
    await expect(take(30)).rejects.toSatisfy(isLocked)
    expect(await readFile(`${path}.jslock`, 'utf8')).toBe(content)
  })

  test.runIf(process.platform === 'linux' && hasPython)('a process that nobody has waited for: removed', async () => {
    const parent = start('python3', ['-c', 'import os, sys\npid = os.fork()\nif pid == 0: os._exit(0)\nprint(pid, flush=True)\nsys.stdin.readline()'])
    const pid = Number(await parent.line())
    await pause(50)
    expect(await readFile(`/proc/${pid}/stat`, 'utf8')).toContain(') Z ')
    const started = (await readFile(`/proc/${pid}/stat`, 'utf8')).split(') ')[1]?.split(' ')[19]
    await writeOwner({ pid, started })
    await (await take()).release()
  })

  test('nothing from a lock file gets to a terminal as it is', async () => {
    await writeOwner({ host: `x\u001b[31m${'y'.repeat(500)}` })
    const error: unknown = await take().catch((error: unknown) => error)
    expect((error as Error).message).toMatch(/^[\x20-\x7e]{1,500}$/)
  })

  test('drafts of dead processes are removed, of living ones not', async () => {
    await writeOwner({ pid: deadPid() })
    const text = await readFile(`${path}.jslock`, 'utf8')
    const dead = `${path}.jslock.${'0'.repeat(32)}`
    const old = `${path}.jslock.${'1'.repeat(32)}`
    const fresh = `${path}.jslock.${'2'.repeat(32)}`
    const foreign = `${path}.jslock.notes`
    await writeFile(dead, text)
    for (const file of [old, fresh, foreign]) await writeFile(file, '')
    await utimes(old, 1, 1)
    await utimes(foreign, 1, 1)
    await writeFile(path, '')
    const storage = fileStorage(path)
    const lock = await storage.lock('exclusive', { timeoutMs: 0 })
    await (await storage.open('write'))?.close()
    const names = await readdir(join(path, '..'))
    expect(names.filter((name) => name.includes('jslock')).sort()).toEqual(['vault.pcof.jslock', `vault.pcof.jslock.${'2'.repeat(32)}`, 'vault.pcof.jslock.notes'])
    await lock.release()
  })

  test('a lock file that cannot be read is somebody\'s', async () => {
    await writeOwner({ pid: deadPid() })
    const directory = join(path, '..')
    await chmod(`${path}.jslock`, 0o600)
    await chmod(directory, 0o777)
    await withoutPrivileges(() => expect(take(30)).rejects.toSatisfy(isLocked))
    expect(await readdir(directory)).toContain('vault.pcof.jslock')
  })
})

describe('beside PyCoffer', () => {
  test.runIf(hasPython)('Python holds: we wait, and say for what', async () => {
    const child = python()
    expect(await child.line()).toBe('locked')
    await expect(take(50)).rejects.toMatchObject({ code: 'ERR_COFFER_LOCKED', message: expect.stringContaining(`${path}.lock`) })
    expect(await readdir(join(path, '..'))).toEqual(['vault.pcof.lock'])
    await (await take(0, false)).release()
    const waiting = take(20_000)
    await pause(50)
    child.send('end')
    await (await waiting).release()
  })

  test.runIf(hasPython)('we hold: Python does not get in, until we release or are killed', async () => {
    const child = await holder()
    expect(await python().line()).toBe('busy')
    child.send('release')
    expect(await child.line()).toBe('released')
    const first = python()
    expect(await first.line()).toBe('locked')
    first.send('end')
    await first.ended()
    const second = await holder()
    second.process.kill('SIGKILL')
    await second.ended()
    expect(await python().line()).toBe('locked')
  })

  test.runIf(hasPython)('a lock on a file that PyCoffer removed is taken anew', async () => {
    const lock = await take()
    await rm(`${path}.lock`)
    expect(await lock.isHeld()).toBe(true)
    expect(await python().line()).toBe('busy')
    await rm(`${path}.lock`)
    const child = python()
    expect(await child.line()).toBe('locked')
    expect(await lock.isHeld()).toBe(false)
    await lock.release()
  })

  test.runIf(hasPython)('Python releases and removes its file while we wait', async () => {
    const child = python()
    expect(await child.line()).toBe('locked')
    const waiting = take(20_000)
    await pause(50)
    child.send('remove')
    expect(await child.line()).toBe('removed')
    const lock = await waiting
    expect(await python().line()).toBe('busy')
    await lock.release()
  })

  test.runIf(hasPython)('looking at the lock twice at once is as good as once', async () => {
    const lock = await take()
    await rm(`${path}.lock`)
    expect(await Promise.all([lock.isHeld(), lock.isHeld(), lock.isHeld()])).toEqual([true, true, true])
    await lock.release()
    const child = python()
    expect(await child.line()).toBe('locked')
  })

  // The helpers that a system may have, alone on the search path.
  test.each(['flock', 'perl', 'python3', undefined])('with %s alone', async (helper) => {
    if (helper !== undefined && !hasCommand(helper, '--version')) return
    const bin = join(path, '..', 'bin')
    await mkdir(bin)
    if (helper !== undefined) {
      const real = spawnSync(helper === 'python3' ? 'python3' : 'which', helper === 'python3' ? ['-c', 'import sys; print(sys.executable)'] : [helper])
      await symlink(real.stdout.toString().trim(), join(bin, helper))
    }
    const child = startNode('holder.ts', [path], { PATH: bin })
    expect(await child.line()).toBe('locked')
    if (hasPython) expect(await python().line()).toBe(helper === undefined ? 'locked' : 'busy')
    await expect(take(30)).rejects.toSatisfy(isLocked)
    const other = startNode('holder.ts', [path, 'true', '50'], { PATH: bin })
    expect(await other.line()).toContain('ERR_COFFER_LOCKED')
  })

  test.runIf(hasPython && hasCommand('flock', '--version'))('a file that is removed while we take its lock is not the one we lock', async () => {
    const bin = join(path, '..', 'bin')
    await mkdir(bin)
    const real = spawnSync('which', ['flock']).stdout.toString().trim()
    const once = `if [ ! -e ${bin}/done ]; then : > ${bin}/done; /bin/rm ${path}.lock; fi`
    await writeFile(join(bin, 'flock'), `#!/bin/sh\n${once}\nexec ${real} "$@"\n`, { mode: 0o755 })
    const child = startNode('holder.ts', [path], { PATH: bin })
    expect(await child.line()).toBe('locked')
    expect(await python().line()).toBe('busy')
  })

  test('a flock that knows no exit status, as BusyBox\'s', async () => {
    if (!hasCommand('flock', '--version')) return
    const bin = join(path, '..', 'bin')
    await mkdir(bin)
    const real = spawnSync('which', ['flock']).stdout.toString().trim()
    await symlink('/bin/sh', join(bin, 'sh'))
    await writeFile(join(bin, 'flock'), `#!/bin/sh\ncase "$*" in *-E*) exit 1;; esac\nexec ${real} "$@"\n`, { mode: 0o755 })
    const child = startNode('holder.ts', [path], { PATH: bin })
    expect(await child.line()).toBe('locked')
    if (hasPython) expect(await python().line()).toBe('busy')
    child.send('release')
    expect(await child.line()).toBe('released')
    if (hasPython) {
      expect(await python().line()).toBe('locked')
      const other = startNode('holder.ts', [path], { PATH: bin })
      expect(await other.line()).toContain(`${path}.lock`)
    }
  })
})

describe('many at once', () => {
  test.each([true, false])('processes that are killed at any moment never leave two inside (flock: %s)', async (interop) => {
    const children = Array.from({ length: 4 }, () => startNode('contender.ts', [path, String(interop)]))
    for (const child of children) expect(await child.line()).toBe('started')
    for (const child of children) child.send('go')
    const reports = children.map(async (child) => {
      const lines: string[] = []
      for (;;) {
        const line = await child.line().catch(() => undefined)
        if (line === undefined) return lines
        lines.push(line)
      }
    })
    await pause(500)
    children[0]?.process.kill('SIGKILL')
    await pause(500)
    children[1]?.process.kill('SIGKILL')
    await pause(1000)
    for (const child of children.slice(2)) child.send('stop')
    const lines = (await Promise.all(reports)).flat()
    expect(lines).not.toContain('two')
    expect(lines.filter((line) => /^rounds [1-9]/.test(line))).toHaveLength(2)
    await (await take(0, interop)).release()
  })

  test('taking and releasing leaves no descriptor open', async () => {
    const openNow = async (): Promise<number> => (await readdir('/proc/self/fd').catch(() => [])).length
    await (await take()).release()
    const before = await openNow()
    for (let i = 0; i < 20; i++) await (await take()).release()
    expect(await openNow()).toBeLessThanOrEqual(before + 1)
  })
})

describe('a file system without hard links', () => {
  test('gets its lock file all the same', async () => {
    // A directory whose links are refused is not to be had here: a process whose call for them fails stands in.
    const child = startNode('holder-without-links.ts', [path])
    expect(await child.line()).toBe('locked')
    expect(JSON.parse(await readFile(`${path}.jslock`, 'utf8'))).toMatchObject({ pid: child.process.pid })
    await expect(take(30)).rejects.toSatisfy(isLocked)
    expect((await readdir(join(path, '..'))).sort()).toEqual(['vault.pcof.jslock', 'vault.pcof.lock'])
    const other = startNode('holder-without-links.ts', [path])
    expect(await other.line()).toContain('ERR_COFFER_LOCKED')
    child.process.kill('SIGKILL')
    await child.ended()
    await (await take()).release()
  })
})
