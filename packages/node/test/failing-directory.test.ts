import type * as Files from 'node:fs/promises'
import { join } from 'node:path'
import { generateKeys } from '@coffer/core'
import { openCoffer } from '@coffer/node'
import { expect, test, vi } from 'vitest'
import { temporaryDirectory } from './system.js'

const fails = vi.hoisted(() => ({ open: false, sync: false }))

// A process that has too many files open, or a disk that fails, just when a directory is to be synced.
vi.mock('node:fs/promises', async (original) => {
  const actual = await original<typeof Files>()
  const systemError = (code: string): Error => Object.assign(new Error(code), { code })
  const open = async (...call: Parameters<typeof actual.open>): Promise<Files.FileHandle> => {
    const isDirectory = await actual.stat(call[0]).then((stats) => stats.isDirectory(), () => false)
    if (isDirectory && fails.open) throw systemError('EMFILE')
    const handle = await actual.open(...call)
    if (isDirectory && fails.sync) handle.sync = () => Promise.reject(systemError('EIO'))
    return handle
  }
  return { ...actual, open }
})

for (const how of ['open', 'sync'] as const) {
  test.each(['rekey', 'purge', 'compact'] as const)(`whether it is done is told as it is where the directory does not ${how}: %s`, async (what) => {
    const path = join(await temporaryDirectory(), 'vault.pcof')
    const keys = await generateKeys('store')
    const newKeys = await generateKeys('store')
    const coffer = await openCoffer(path, { mode: 'x', keys })
    for (const name of ['secret', 'other']) await coffer.write(name, 'x')
    await coffer.flush()
    const change = (): Promise<void> => {
      if (what === 'rekey') return coffer.rekey(newKeys)
      return what === 'purge' ? coffer.delete('secret', { purge: true }) : coffer.compact()
    }
    fails[how] = true
    const isDone = await change()
      .then(() => true, () => false)
      .finally(() => {
        fails[how] = false
      })
    // What could not be begun was not done; what could not be made last is there all the same.
    expect(isDone).toBe(how === 'sync')
    const readBack = async (): Promise<boolean> => {
      await using there = await openCoffer(path, { keys: what === 'rekey' && isDone ? newKeys : keys, lock: 'none' })
      return there.has('secret')
    }
    expect(await readBack()).toBe(!(what === 'purge' && isDone))
    await coffer.write('after', 'y')
    await coffer.close()
    expect(await readBack()).toBe(!(what === 'purge' && isDone))
  })
}
