/** Where in this origin's storage some bytes are. */
export async function storesWith(needle: string): Promise<string[]> {
  const bytes = Uint8Array.from(atob(needle), (character) => character.charCodeAt(0))
  const found: string[] = []
  for (const name of await caches.keys()) {
    const cache = await caches.open(name)
    for (const request of await cache.keys()) {
      const response = await cache.match(request)
      if (response && (await contains(await response.blob(), bytes))) found.push(`cache ${name}: ${request.url}`)
    }
  }
  for (const { name = '' } of await indexedDB.databases()) if (await databaseContains(name, bytes)) found.push(`database ${name}`)
  await lookInto(await navigator.storage.getDirectory(), '', bytes, found)
  return found
}

async function lookInto(directory: FileSystemDirectoryHandle, path: string, needle: Uint8Array, found: string[]): Promise<void> {
  for await (const [name, handle] of directory.entries()) {
    if (handle instanceof FileSystemDirectoryHandle) await lookInto(handle, `${path}${name}/`, needle, found)
    else if (handle instanceof FileSystemFileHandle && (await contains(await handle.getFile(), needle))) found.push(`file ${path}${name}`)
  }
}

async function databaseContains(name: string, needle: Uint8Array): Promise<boolean> {
  const database = await settled(indexedDB.open(name))
  try {
    const stores = [...database.objectStoreNames]
    for (const store of stores) {
      const values: unknown[] = await settled(database.transaction(store).objectStore(store).getAll())
      for (const value of values) if (await valueContains(value, needle)) return true
    }
    return false
  } finally {
    database.close()
  }
}

async function valueContains(value: unknown, needle: Uint8Array): Promise<boolean> {
  if (value instanceof Blob) return contains(value, needle)
  if (value instanceof ArrayBuffer) return contains(new Blob([value]), needle)
  if (ArrayBuffer.isView(value)) return contains(new Blob([value as Uint8Array<ArrayBuffer>]), needle)
  if (typeof value === 'string') return contains(new Blob([value]), needle)
  if (typeof value !== 'object' || value === null) return false
  for (const inner of Object.values(value)) if (await valueContains(inner, needle)) return true
  return false
}

async function contains(blob: Blob, needle: Uint8Array): Promise<boolean> {
  const bytes = new Uint8Array(await blob.arrayBuffer())
  const first = needle[0] ?? 0
  for (let at = bytes.indexOf(first); at >= 0; at = bytes.indexOf(first, at + 1)) {
    if (needle.every((byte, i) => bytes[at + i] === byte)) return true
  }
  return false
}

function settled<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    request.addEventListener('success', () => resolve(request.result))
    request.addEventListener('error', () => reject(request.error ?? new Error('The database cannot be read.')))
  })
}
