import { lstat } from 'node:fs/promises'
import { belongsToCoffer } from './file-storage.js'

/** A name as systems see it that tell neither case nor normal forms apart. */
export function folded(name: string): string {
  return name.normalize('NFC').toUpperCase().toLowerCase()
}

/** Whether both are there and are one file, link or directory. */
export async function isSameFile(a: string, b: string): Promise<boolean> {
  const [first, second] = await Promise.all([a, b].map((path) => lstat(path, { bigint: true }).catch(() => undefined)))
  return first !== undefined && second !== undefined && first.ino === second.ino && first.dev === second.dev
}

/**
 * Tells whether what is written at a path takes the place of the coffer at `coffer`, or of a file beside it; both are real paths, but
 * for their last parts. Where names differ in no more than some systems tell apart, the system is asked.
 */
export function ofCoffer(coffer: string): (path: string) => boolean | Promise<boolean> {
  const own = folded(coffer)
  return (path) => {
    if (belongsToCoffer(path, coffer)) return true
    const name = folded(path)
    if (!name.startsWith(own)) return false
    const suffix = name.slice(own.length)
    return belongsToCoffer(coffer + suffix, coffer) && isSameFile(path.slice(0, path.length - suffix.length), coffer)
  }
}
