import { blobStorage, deleteCoffer, exportCoffer, exportCofferStream, generateKeys, importCoffer, isCofferOpen, listCoffers, openCoffer, watchCoffer, type CofferChange } from '@coffer/browser'
import { memoryStorage, openCoffer as openCore, type CofferErrorCode } from '@coffer/core'
import { describe, expect, test, vi } from 'vitest'
import { failureOf, patternOf, uniqueName } from './support.js'

/** What a coffer may begin with: a frame of zstd's. Without a key, no more is looked at. */
const MAGIC: Uint8Array<ArrayBuffer> = new Uint8Array([0x28, 0xb5, 0x2f, 0xfd])

const code = (expected: CofferErrorCode): unknown => expect.objectContaining({ code: expected })

describe.each(['indexeddb', 'opfs'] as const)('a coffer in %s', (storage) => {
  const openNew = async (variant: 'bank' | 'store' | 'market' | 'null' = 'store') => {
    const name = uniqueName()
    const keys = await generateKeys(variant)
    return { name, keys, coffer: await openCoffer(name, { storage, mode: 'x', variant, keys }) }
  }

  test.each(['bank', 'store', 'market', 'null'] as const)('keeps what was written: %s', async (variant) => {
    const { name, keys, coffer } = await openNew(variant)
    const large = patternOf(3_000_000)
    await coffer.write('a.txt', 'one')
    await coffer.write('large', large)
    await coffer.close()
    await using again = await openCoffer(name, { storage, keys, variant, mode: 'a' })
    expect(await again.readText('a.txt')).toBe('one')
    expect(same(await again.read('large'), large)).toBe(true)
    await again.append('a.txt', ' two')
    await again.compact()
    expect(await again.readText('a.txt')).toBe('one two')
  })

  test('is listed once it is there, and deleted', async () => {
    const name = uniqueName()
    const keys = await generateKeys('store')
    const coffer = await openCoffer(name, { storage, mode: 'x', keys })
    expect(await listCoffers({ storage })).not.toContain(name)
    await coffer.write('a', 'b')
    await coffer.flush()
    expect(await listCoffers({ storage })).toContain(name)
    await expect(deleteCoffer(name, { storage, lockTimeoutMs: 50 })).rejects.toEqual(code('ERR_COFFER_LOCKED'))
    await coffer.close()
    await deleteCoffer(name, { storage })
    expect(await listCoffers({ storage })).not.toContain(name)
    await expect(deleteCoffer(name, { storage })).rejects.toEqual(code('ERR_COFFER_NOT_FOUND'))
    await expect(openCoffer(name, { storage, keys })).rejects.toEqual(code('ERR_COFFER_NOT_FOUND'))
    await using anew = await openCoffer(name, { storage, mode: 'x', keys })
    expect(await anew.has('a')).toBe(false)
  })

  test('a coffer that was only looked for leaves nothing behind', async () => {
    const name = uniqueName()
    await expect(openCoffer(name, { storage, variant: 'null' })).rejects.toEqual(code('ERR_COFFER_NOT_FOUND'))
    expect((await indexedDB.databases()).filter((database) => database.name?.includes(encodeURIComponent(name)))).toEqual([])
  })

  test('names of all kinds are kept apart', async () => {
    const names = ['a/b', 'a\\b', '..', '.', 'ä € 𝄞', '%41', 'A', 'a.b*c:d', 'con'].map((name) => `${uniqueName()} ${name}`)
    for (const name of names) await importCoffer(name, new Blob([MAGIC, name]), { storage })
    const listed = await listCoffers({ storage })
    for (const name of names) {
      expect(listed).toContain(name)
      expect(await (await exportCoffer(name, { storage })).slice(4).text()).toBe(name)
    }
    await expect(openCoffer('', { storage, variant: 'null' })).rejects.toThrow(TypeError)
    await expect(openCoffer('x'.repeat(300), { storage, variant: 'null' })).rejects.toThrow(RangeError)
    await expect(openCoffer('\ud800', { storage, variant: 'null' })).rejects.toThrow(TypeError)
  })

  test('what is no coffer takes the place of none', async () => {
    const { name, keys, coffer } = await openNew('bank')
    await coffer.write('a.txt', 'one')
    await coffer.close()
    for (const junk of [new Blob(['this is a picture, not a coffer, and quite long for one that is none']), new Blob([new Uint8Array(100)]), new Blob([])]) {
      await expect(importCoffer(name, junk, { storage, replace: true })).rejects.toEqual(code('ERR_COFFER_NOT_A_COFFER'))
    }
    await using again = await openCoffer(name, { storage, keys })
    expect(await again.readText('a.txt')).toBe('one')
  })

  test('an open coffer is exported as its last commit has it, while it changes and is compacted', async () => {
    const { name, keys, coffer } = await openNew('bank')
    await coffer.write('large', patternOf(5_000_000))
    await coffer.write('a.txt', 'one')
    const { size, stream } = await coffer.export()
    await coffer.write('a.txt', 'two')
    await coffer.delete('large')
    await coffer.compact()
    const blob = await new Response(stream).blob()
    expect(blob.size).toBe(size)
    await using copy = await openCore(blobStorage(blob), { keys })
    expect(await copy.readText('a.txt')).toBe('one')
    expect(copy.recovered).toBeUndefined()
    expect((await copy.verify()).ok).toBe(true)
    await coffer.close()
    await using reader = await openCoffer(name, { storage, keys, lock: 'none' })
    const again = await reader.export()
    const bytes = new Uint8Array(await new Response(again.stream).arrayBuffer())
    expect(same(bytes, new Uint8Array(await (await exportCoffer(name, { storage })).arrayBuffer()))).toBe(true)
  })

  test('an export that is cancelled or aborted lets go of the file', async () => {
    const { coffer } = await openNew()
    await coffer.write('large', patternOf(5_000_000))
    await (await coffer.export()).stream.cancel()
    const controller = new AbortController()
    const { stream } = await coffer.export({ signal: controller.signal, onProgress: () => controller.abort() })
    expect(await failureOf(stream.getReader().read())).toHaveProperty('name', 'AbortError')
    await coffer.close()
    await expect(coffer.export()).rejects.toEqual(code('ERR_COFFER_CLOSED'))
  })

  test('an export is the bytes of the file, and an import makes the same coffer of it', async () => {
    const { name, keys, coffer } = await openNew('bank')
    await coffer.write('a.txt', 'one')
    await coffer.write('large', patternOf(5_000_000))
    const { id, generation } = coffer
    await expect(exportCoffer(name, { storage, lockTimeoutMs: 20 })).rejects.toEqual(code('ERR_COFFER_LOCKED'))
    await coffer.close()
    const blob = await exportCoffer(name, { storage })
    const streamed = await new Response(await exportCofferStream(name, { storage })).blob()
    const bytes = new Uint8Array(await blob.arrayBuffer())
    expect(same(new Uint8Array(await streamed.arrayBuffer()), bytes)).toBe(true)
    await using elsewhere = await openCore(memoryStorage(bytes), { keys })
    expect(await elsewhere.readText('a.txt')).toBe('one')

    const copy = uniqueName()
    await importCoffer(copy, blob, { storage })
    await expect(importCoffer(copy, blob, { storage })).rejects.toEqual(code('ERR_COFFER_EXISTS'))
    await importCoffer(copy, blob, { storage, replace: true })
    await using imported = await openCoffer(copy, { storage, keys })
    expect([imported.id, imported.generation]).toEqual([id, generation])
    expect(same(await imported.read('large'), patternOf(5_000_000))).toBe(true)
    await expect(importCoffer(uniqueName(), new Blob([]), { storage })).rejects.toEqual(code('ERR_COFFER_NOT_A_COFFER'))
    await expect(exportCoffer(uniqueName(), { storage })).rejects.toEqual(code('ERR_COFFER_NOT_FOUND'))
  })

  test('a stream of an export that is given up lets the coffer go', async () => {
    const { name, coffer } = await openNew()
    await coffer.close()
    const stream = await exportCofferStream(name, { storage })
    expect(await isCofferOpen(name, { storage })).toBe(true)
    await stream.cancel()
    expect(await isCofferOpen(name, { storage })).toBe(false)
  })

  test('an import tells how far it is', async () => {
    const done: number[] = []
    const onProgress = (progress: { readonly done: number; readonly total: number | undefined }): unknown => done.push(progress.done / (progress.total ?? 0))
    await importCoffer(uniqueName(), new Blob([MAGIC, patternOf(5_000_000)]), { storage, onProgress })
    expect(done.length).toBeGreaterThan(1)
    expect(done.at(-1)).toBe(1)
  })

  test('an import that is aborted leaves what was there', async () => {
    const { name, keys, coffer } = await openNew()
    await coffer.write('a', 'before')
    await coffer.close()
    const controller = new AbortController()
    const reason = new Error('enough')
    const blob = new Blob([MAGIC, patternOf(8_000_000)])
    const slice = vi.spyOn(blob, 'slice').mockImplementation((...args) => {
      // In the middle of it, not where its beginning is looked at.
      if (args[0] !== undefined && args[0] > 0) controller.abort(reason)
      return Blob.prototype.slice.apply(blob, args)
    })
    await expect(importCoffer(name, blob, { storage, replace: true, signal: controller.signal })).rejects.toBe(reason)
    expect(slice).toHaveBeenCalled()
    await using again = await openCoffer(name, { storage, keys })
    expect(await again.readText('a')).toBe('before')
  })

  test('a backup is a coffer beside it', async () => {
    const { name, keys, coffer } = await openNew()
    await coffer.write('a', 'before')
    await coffer.close()
    const changed = await openCoffer(name, { storage, keys, mode: 'a', backup: '.bak' })
    await changed.write('a', 'after')
    await changed.close()
    await using backup = await openCoffer(`${name}.bak`, { storage, keys })
    expect(await backup.readText('a')).toBe('before')
  })

  test('each commit is told once, the first and a compaction too', async () => {
    const { name, keys, coffer } = await openNew()
    const changes: CofferChange[] = []
    const stop = new AbortController()
    watchCoffer(name, (change) => changes.push(change), { storage, signal: stop.signal })
    const expected: CofferChange[] = []
    const tell = ({ generation, fingerprint } = coffer): void => void expected.push({ kind: 'committed', generation, fingerprint })
    await coffer.write('a', 'one')
    await coffer.flush()
    tell()
    await coffer.flush()
    await coffer.write('a', 'two')
    await coffer.close()
    tell()
    const again = await openCoffer(name, { storage, keys, mode: 'a' })
    await again.compact()
    tell(again)
    await again.close()
    await vi.waitFor(() => expect(changes).toEqual(expected))
    stop.abort()
  })

  test('readers without a lock keep what they opened, are told of changes, and can go on with them', async () => {
    const { name, keys, coffer } = await openNew()
    await coffer.write('a', 'one')
    await coffer.flush()
    const changes: CofferChange[] = []
    const stop = new AbortController()
    watchCoffer(name, (change) => changes.push(change), { storage, signal: stop.signal })
    const reader = await openCoffer(name, { storage, keys, lock: 'none' })
    await coffer.write('a', 'two')
    await coffer.write('b', patternOf(2_000_000))
    await coffer.flush()
    await vi.waitFor(() => expect(changes).toEqual([{ kind: 'committed', generation: coffer.generation, fingerprint: coffer.fingerprint }]))
    expect(await reader.readText('a')).toBe('one')
    await coffer.compact()
    expect(await reader.readText('a')).toBe('one')
    await using now = await reader.reopen()
    expect(reader.closed).toBe(true)
    expect(await now.readText('a')).toBe('two')
    expect(now.generation).toBe(coffer.generation)
    await now.close()
    await coffer.close()
    await deleteCoffer(name, { storage })
    await vi.waitFor(() => expect(changes.at(-1)?.kind).toBe('deleted'))
    stop.abort()
    await importCoffer(name, new Blob([MAGIC, 'x'.repeat(60)]), { storage })
    expect(changes.at(-1)?.kind).toBe('deleted')
  })

  test('what a compaction replaced is gone when nobody reads it any more', async () => {
    const { name, keys, coffer } = await openNew()
    await coffer.write('a', crypto.getRandomValues(new Uint8Array(60_000)))
    await coffer.flush()
    const reader = await openCoffer(name, { storage, keys, lock: 'none' })
    await coffer.compact()
    expect(await filesOf(storage, name)).toBe(2)
    expect((await reader.read('a')).length).toBe(60_000)
    await reader.close()
    expect(await filesOf(storage, name)).toBe(1)
    await coffer.close()
    expect(await filesOf(storage, name)).toBe(1)
  })

  test('says who holds it', async () => {
    const { name, keys, coffer } = await openNew()
    expect(await isCofferOpen(name, { storage })).toBe(true)
    await expect(openCoffer(name, { storage, keys, lockTimeoutMs: 10 })).rejects.toEqual(code('ERR_COFFER_LOCKED'))
    await coffer.close()
    expect(await isCofferOpen(name, { storage })).toBe(false)
  })

  test('a lock that is stolen is lost: nothing more is written', async () => {
    const { name, keys, coffer } = await openNew()
    await coffer.write('a', 'one')
    await coffer.flush()
    await coffer.write('a', 'two')
    await navigator.locks.request(`coffer:${storage}:${name}`, { steal: true }, () => undefined)
    await expect(coffer.flush()).rejects.toEqual(code('ERR_COFFER_LOCK_LOST'))
    await coffer.discard()
    await using again = await openCoffer(name, { storage, keys })
    expect(await again.readText('a')).toBe('one')
  })

  test('without Web Locks it is only read, and the error says why', async () => {
    const { name, keys, coffer } = await openNew()
    await coffer.write('a', 'one')
    await coffer.close()
    vi.spyOn(navigator, 'locks', 'get').mockReturnValue(undefined as unknown as LockManager)
    try {
      const failure = await failureOf(openCoffer(name, { storage, keys, mode: 'a' }))
      expect(failure).toEqual(code('ERR_COFFER_UNSUPPORTED'))
      expect(failure.message).toContain('https')
      await using reader = await openCoffer(name, { storage, keys, lock: 'none' })
      expect(await reader.readText('a')).toBe('one')
    } finally {
      vi.restoreAllMocks()
    }
  })
})

describe('where the browser keeps nothing', () => {
  test('IndexedDB that is missing or refused is a typed error', async () => {
    const open = vi.spyOn(indexedDB, 'open').mockImplementation(() => {
      const request = new EventTarget() as IDBOpenDBRequest
      Object.assign(request, { error: new DOMException('not in this window', 'SecurityError') })
      setTimeout(() => request.dispatchEvent(new Event('error')))
      return request
    })
    await expect(openCoffer(uniqueName(), { variant: 'null', mode: 'x' })).rejects.toEqual(code('ERR_COFFER_UNSUPPORTED'))
    open.mockRestore()
    vi.stubGlobal('indexedDB', undefined)
    await expect(openCoffer(uniqueName(), { variant: 'null', mode: 'x' })).rejects.toEqual(code('ERR_COFFER_UNSUPPORTED'))
    vi.unstubAllGlobals()
  })

  // As Firefox and Chromium, and as Safari say it of a private window.
  test.each(['SecurityError', 'UnknownError'])('OPFS that is refused by a %s is a typed error', async (name) => {
    const get = vi.spyOn(navigator.storage, 'getDirectory').mockRejectedValue(new DOMException('not in this window', name))
    await expect(openCoffer(uniqueName(), { storage: 'opfs', variant: 'null', mode: 'x' })).rejects.toEqual(code('ERR_COFFER_UNSUPPORTED'))
    get.mockRestore()
  })
})

describe('a database that changes under us', () => {
  test('that is deleted is lost, not written again', async () => {
    const name = uniqueName()
    const coffer = await openCoffer(name, { mode: 'x', variant: 'null' })
    await coffer.write('a', 'one')
    await coffer.flush()
    await new Promise((resolve, reject) => {
      const request = indexedDB.deleteDatabase(`coffer:${encodeURIComponent(name)}`)
      request.addEventListener('success', resolve)
      request.addEventListener('error', reject)
    })
    await coffer.write('b', 'two').catch(() => undefined)
    await expect(coffer.flush()).rejects.toEqual(code('ERR_COFFER_LOCK_LOST'))
    await coffer.discard()
    await expect(openCoffer(name, { variant: 'null' })).rejects.toEqual(code('ERR_COFFER_NOT_FOUND'))
  })

  test('that a newer version has made its own is a typed error, and nobody blocks it', async () => {
    const name = uniqueName()
    const coffer = await openCoffer(name, { mode: 'x', variant: 'null' })
    await coffer.write('a', 'one')
    await coffer.flush()
    const newer = await new Promise<IDBDatabase>((resolve, reject) => {
      const request = indexedDB.open(`coffer:${encodeURIComponent(name)}`, 7)
      request.addEventListener('success', () => resolve(request.result))
      request.addEventListener('error', reject)
    })
    newer.close()
    await expect(coffer.read('a')).rejects.toEqual(code('ERR_COFFER_UNSUPPORTED'))
    await coffer.discard().catch(() => undefined)
  })

  test('a connection that was closed is opened again', async () => {
    const name = uniqueName()
    const coffer = await openCoffer(name, { mode: 'x', variant: 'null' })
    await coffer.write('a', patternOf(1_000_000))
    await coffer.flush()
    const real = IDBDatabase.prototype.transaction
    const transaction = vi.spyOn(IDBDatabase.prototype, 'transaction').mockImplementationOnce(function (this: IDBDatabase, ...args: Parameters<typeof real>) {
      this.close()
      return real.apply(this, args)
    })
    expect(same(await coffer.read('a'), patternOf(1_000_000))).toBe(true)
    expect(transaction).toHaveBeenCalled()
    transaction.mockRestore()
    await coffer.close()
  })
})

function same(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, i) => byte === b[i])
}

/** How many files, current or not, the storage of a coffer holds. */
async function filesOf(storage: 'indexeddb' | 'opfs', name: string): Promise<number> {
  if (storage === 'opfs') {
    const root = await navigator.storage.getDirectory()
    const directory = await (await root.getDirectoryHandle('coffer')).getDirectoryHandle(encodeURIComponent(name))
    let files = 0
    for await (const file of directory.keys()) if (file.startsWith('file-')) files += 1
    return files
  }
  const database = await new Promise<IDBDatabase>((resolve) => {
    const request = indexedDB.open(`coffer:${encodeURIComponent(name)}`)
    request.addEventListener('success', () => resolve(request.result))
  })
  const store = database.transaction('keyval').objectStore('keyval')
  const keys = await new Promise<IDBValidKey[]>((resolve) => {
    const request = store.getAllKeys()
    request.addEventListener('success', () => resolve(request.result))
  })
  database.close()
  const ids = new Set(keys.flatMap((key) => (Array.isArray(key) ? [key[1]] : [])))
  return ids.size
}
