import { CofferError, memoryStorage, type CofferStorage, type StorageFile } from '@coffer/core'

/** A storage in memory of which the next calls can be made to fail. */
export function failingStorage() {
  const storage = memoryStorage()
  const fails = { sync: 0, write: 0, truncate: 0, publish: 0, replace: false }
  /** Calls that succeed before the first that fails. */
  const spared = { write: 0 }
  const done = { syncs: 0 }
  const watched = <T extends StorageFile>(file: T): T =>
    new Proxy(file, {
      get(target, name) {
        if (name === 'write' && spared.write > 0) {
          spared.write -= 1
        } else if (isCounted(name) && fails[name] > 0) {
          fails[name] -= 1
          return () => Promise.reject(new CofferError('ERR_COFFER_IO', 'The disk failed.'))
        }
        if (name === 'sync') done.syncs += 1
        const value: unknown = Reflect.get(target, name, target)
        return typeof value === 'function' ? (value.bind(target) as unknown) : value
      },
    })
  const failing: CofferStorage = {
    name: 'failing',
    open: async (access) => {
      const file = await storage.open(access)
      return file && watched(file)
    },
    replace: async () => {
      if (fails.replace) throw new CofferError('ERR_COFFER_FULL', 'The disk is full.')
      return watched(await storage.replace())
    },
    spool: () => storage.spool(),
    backup: (extension) => storage.backup(extension),
    lock: (kind, options) => storage.lock(kind, options),
  }
  return { storage: failing, fails, spared, done, bytes: () => storage.bytes() }
}

function isCounted(name: string | symbol): name is 'sync' | 'write' | 'truncate' | 'publish' {
  return name === 'sync' || name === 'write' || name === 'truncate' || name === 'publish'
}
