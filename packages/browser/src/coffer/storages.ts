import type { CofferStorage } from '@coffer/core'
import { deleteIndexedDbCoffer, indexedDbStorage, listIndexedDbCoffers } from '../indexeddb/indexeddb-storage.js'
import { deleteOpfsCoffer, listOpfsCoffers, opfsStorage } from '../opfs/opfs-storage.js'

/** Where a browser keeps a coffer. */
export type StorageKind = 'indexeddb' | 'opfs'

interface StorageFunctions {
  readonly open: (name: string) => CofferStorage
  readonly list: () => Promise<string[]>
  readonly remove: (name: string) => Promise<boolean>
}

const kinds: Readonly<Record<StorageKind, StorageFunctions>> = {
  indexeddb: { open: indexedDbStorage, list: listIndexedDbCoffers, remove: deleteIndexedDbCoffer },
  opfs: { open: opfsStorage, list: listOpfsCoffers, remove: deleteOpfsCoffer },
}

export function storageFunctions(kind: StorageKind): StorageFunctions {
  if (Object.hasOwn(kinds, kind)) return kinds[kind]
  throw new TypeError('`storage` is "indexeddb" or "opfs".')
}
