import { existsSync } from 'node:fs'
import { mkdtemp, readdir, rm, statfs } from 'node:fs/promises'
import { freemem } from 'node:os'
import { join } from 'node:path'

/** Linux's file system in memory. */
const memory = '/dev/shm'
const prefix = 'coffer-tests-'
/** What the tests of all projects that put their files here take at most is a tenth of it. */
const NEEDED_BYTES = 4 * 1024 ** 3

/**
 * Temporary files of tests are kept in memory where there is enough of it: none of those tests is about a disk, and syncs of many processes at a
 * time wait for each other there. The projects whose tests are about one name their TMPDIR themselves.
 */
export async function setup(): Promise<(() => Promise<void>) | undefined> {
  if (!existsSync(memory)) return undefined
  const { bavail, bsize } = await statfs(memory)
  if (Math.min(bavail * bsize, freemem()) < NEEDED_BYTES) return undefined
  await removeLeft()
  const folder = await mkdtemp(join(memory, `${prefix}${process.pid}-`))
  process.env['TMPDIR'] = folder
  return () => rm(folder, { recursive: true, force: true, maxRetries: 5 })
}

/** What runs left behind that were killed. */
async function removeLeft(): Promise<void> {
  for (const name of await readdir(memory)) {
    const [, pid] = /^coffer-tests-(\d+)-/.exec(name) ?? []
    if (pid !== undefined && !existsSync(`/proc/${pid}`)) await rm(join(memory, name), { recursive: true, force: true })
  }
}
