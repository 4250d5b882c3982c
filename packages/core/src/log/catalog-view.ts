import { CofferError } from '../errors.js'
import type { Entry } from './entry.js'
import { quoteName } from '../tar/names.js'

/** The members of a coffer by name, to look at. */
export interface CatalogView {
  get(name: string): Entry | undefined
  entries(): Iterable<Entry>
  /** Whether any member stands below `name` as a directory. */
  hasBelow(name: string): boolean
}

/** `now` as it was before some of its names changed: `before` has what stood there, or nothing. */
export function viewBefore(now: CatalogView, before: ReadonlyMap<string, Entry | undefined>): CatalogView {
  return {
    get: (name) => (before.has(name) ? before.get(name) : now.get(name)),
    *entries() {
      for (const entry of now.entries()) if (!before.has(entry.name)) yield entry
      for (const entry of before.values()) if (entry) yield entry
    },
    hasBelow(name) {
      const prefix = `${name}/`
      for (const entry of before.values()) if (entry?.name.startsWith(prefix)) return true
      for (const entry of now.entries()) if (!before.has(entry.name) && entry.name.startsWith(prefix)) return true
      return false
    },
  }
}

/** @throws CofferError `ERR_COFFER_CONFLICT` where a file would stand in the place of a directory, or below a file. */
export function checkPlace(members: CatalogView, name: string, type: Entry['type']): void {
  if (type !== 'directory' && (members.hasBelow(name) || members.get(name)?.type === 'directory')) {
    throw new CofferError('ERR_COFFER_CONFLICT', `${quoteName(name)} is a directory in this coffer: delete it first, or choose another name.`)
  }
  const existing = members.get(name)
  if (type === 'directory' && existing && existing.type !== 'directory') {
    throw new CofferError('ERR_COFFER_CONFLICT', `${quoteName(name)} is a ${existing.type} in this coffer: delete it first, or choose another name.`)
  }
  for (const parent of ancestors(name)) {
    const above = members.get(parent)
    if (above && above.type !== 'directory') {
      throw new CofferError('ERR_COFFER_CONFLICT', `${quoteName(parent)} is a ${above.type} in this coffer, so nothing can stand below it.`)
    }
  }
}

/** The directories above a name, the nearest first. */
export function* ancestors(name: string): Generator<string> {
  for (let at = name.lastIndexOf('/'); at > 0; at = name.lastIndexOf('/', at - 1)) yield name.slice(0, at)
}
