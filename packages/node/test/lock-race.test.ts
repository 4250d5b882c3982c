import { spawnSync } from 'node:child_process'
import type * as Files from 'node:fs/promises'
import { join } from 'node:path'
import type { StorageLock } from '@coffer/core'
import { expect, test, vi } from 'vitest'
import { temporaryDirectory } from './system.js'

/** What another process does right before and right after this one moves a lock file aside. */
const other = vi.hoisted(() => ({ before: async (): Promise<void> => undefined, after: async (): Promise<void> => undefined }))
vi.mock('node:fs/promises', async (original) => {
  const files = await original<typeof Files>()
  const rename = async (from: string, to: string): Promise<void> => {
    const isAside = to.includes('.jslock.')
    if (isAside) await other.before()
    await files.rename(from, to)
    if (isAside) await other.after()
  }
  return { ...files, default: { ...files, rename }, rename }
})

const NONCE = 'f'.repeat(32)

test('whoever takes a lock for stale that another has just taken gets in when that one has released it meanwhile', async () => {
  const { fileStorage } = await import('@coffer/node')
  const { readdir, readFile, unlink, writeFile } = await vi.importActual<typeof Files>('node:fs/promises')
  const directory = await temporaryDirectory()
  const path = join(directory, 'vault.pcof')
  const lockFile = `${path}.jslock`
  const take = (): Promise<StorageLock> => fileStorage(path, { interopLock: false }).lock('exclusive', { timeoutMs: 2000 })
  const first = await take()
  const owner = JSON.parse(await readFile(lockFile, 'utf8')) as Record<string, unknown>
  await first.release()
  await writeFile(lockFile, JSON.stringify({ ...owner, pid: spawnSync('true').pid, nonce: 'dead', started: '1' }))
  let turns = 0
  other.before = async () => {
    if (turns++ === 0) await writeFile(lockFile, JSON.stringify({ ...owner, nonce: NONCE }))
  }
  other.after = async () => {
    for (const name of await readdir(directory)) {
      const file = join(directory, name)
      if ((await readFile(file, 'utf8')).includes(NONCE)) await unlink(file)
    }
  }
  const lock = await take()
  expect(turns).toBe(1)
  await lock.release()
  expect(await readdir(directory)).toEqual([])
})
