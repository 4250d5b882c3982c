import type { Entry } from './entry.js'

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
