import { statSync } from 'node:fs'
import { lstat, mkdir, readlink, realpath } from 'node:fs/promises'
import { basename, dirname, isAbsolute, join, resolve } from 'node:path'
import { CofferError } from '@coffer/core'
import { systemCode } from '@coffer/core/internal'

/** More links in a row no system follows. */
const MAX_LINKS = 40

/**
 * Where the file of a coffer is, or will be: behind symlinks, also where the last one points to what is not there yet. The directory
 * must be there.
 */
export async function realTarget(path: string): Promise<string> {
  let target = resolve(path)
  for (let links = 0; links <= MAX_LINKS; links++) {
    try {
      return await realpath(target)
    } catch (error) {
      if (systemCode(error) !== 'ENOENT') throw error
    }
    target = join(await realpath(dirname(target)), basename(target))
    if (!(await isLink(target))) return target
    target = resolve(dirname(target), await readlink(target))
  }
  throw new CofferError('ERR_COFFER_IO', `${path} is a chain of too many links.`)
}

/**
 * Refuses a relative path where the current directory's name is not UTF-8: Node knows another name for it, at which there is nothing, or something else.
 * @throws CofferError `ERR_COFFER_NAME`
 */
export function assertFromHere(path: string): void {
  if (isAbsolute(path)) return
  const directory = process.cwd()
  if (!directory.includes('\ufffd')) return
  const [here, there] = ['.', directory].map((one) => statSync(one, { bigint: true, throwIfNoEntry: false }))
  if (here && here.ino === there?.ino && here.dev === there.dev) return
  throw new CofferError('ERR_COFFER_NAME', `The current folder, or one above it, has a name that is not UTF-8, so that ${path} cannot be found from there: rename it, or work from another one.`)
}

async function isLink(path: string): Promise<boolean> {
  try {
    return (await lstat(path)).isSymbolicLink()
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return false
    throw error
  }
}

/** A directory, with those above it. Where one cannot be made, Node says no more than that it is not there. */
export async function makeDirectories(path: string): Promise<void> {
  try {
    await mkdir(path, { recursive: true })
  } catch (error) {
    if (systemCode(error) !== 'ENOENT') throw error
    let missing = path
    while (dirname(missing) !== missing && !(await lstat(dirname(missing)).catch(() => undefined))) missing = dirname(missing)
    await mkdir(missing)
    throw error
  }
}
