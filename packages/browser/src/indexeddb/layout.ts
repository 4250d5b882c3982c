// What stands in a coffer's database: under CURRENT the id of the file that is the coffer; of each file a record with its size, and its
// pages. A page that ends with zeros, or the file, may be shorter or missing.

/** Holds the id of the file that is the coffer now. */
export const CURRENT = 'current'

/** Bytes of a page of new files (docs/BROWSERS.md, Page size, has the measurements). */
export const PAGE_BYTES = 524_288

export interface FileRecord {
  readonly size: number
  readonly pageBytes: number
}

export function recordKey(id: string): IDBValidKey {
  return ['file', id]
}

export function pageKey(id: string, page: number): IDBValidKey {
  return ['page', id, page]
}

/** All pages of a file from `first` on. */
export function pagesFrom(id: string, first: number): IDBKeyRange {
  return IDBKeyRange.bound(['page', id, first], ['page', id, []], false, true)
}

/** All records of files. */
export function allRecords(): IDBKeyRange {
  return IDBKeyRange.bound(['file'], ['file', []])
}

/** The id in a record's key. */
export function idOfRecord(key: IDBValidKey): string | undefined {
  const id = Array.isArray(key) ? key[1] : undefined
  return typeof id === 'string' ? id : undefined
}
