import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdtemp, readdir, rm, statfs, writeFile } from 'node:fs/promises'
import { freemem } from 'node:os'
import { join } from 'node:path'

/** Linux's file system in memory. */
const memory = '/dev/shm'
/** Many times what the tests that put their files here take. */
const NEEDED_BYTES = 4 * 1024 ** 3

/**
 * Temporary files of tests are kept in memory where there is enough of it: none of those tests is about a disk, and syncs of many processes at a
 * time wait for each other there. The projects whose tests are about one name their TMPDIR themselves.
 */
export async function setup(): Promise<(() => Promise<void>) | undefined> {
  const folder = await makeFolder().catch(() => undefined)
  if (folder === undefined) return undefined
  process.env['TMPDIR'] = folder
  return () => remove(folder)
}

async function makeFolder(): Promise<string | undefined> {
  if (!existsSync(memory)) return undefined
  const { bavail, bsize } = await statfs(memory)
  if (Math.min(bavail * bsize, freemem()) < NEEDED_BYTES) return undefined
  await removeLeft()
  const folder = await mkdtemp(join(memory, `coffer-tests-${process.pid}-`))
  if (await runsPrograms(folder)) return folder
  await remove(folder)
  return undefined
}

/** Containers often mount it so that nothing on it may be run, which some tests do with what they have written. */
async function runsPrograms(folder: string): Promise<boolean> {
  const path = join(folder, 'program')
  await writeFile(path, '#!/bin/sh\nexit 7\n', { mode: 0o700 })
  const { status } = spawnSync(path)
  await rm(path)
  return status === 7
}

/** What runs left behind that were killed. */
async function removeLeft(): Promise<void> {
  for (const name of await readdir(memory)) {
    const [, pid] = /^coffer-tests-(\d+)-/.exec(name) ?? []
    if (pid !== undefined && !existsSync(`/proc/${pid}`)) await remove(join(memory, name))
  }
}

/** Nothing fails by what cannot be removed. */
async function remove(folder: string): Promise<void> {
  await rm(folder, { recursive: true, force: true, maxRetries: 5 }).catch(() => undefined)
}
