import type { Page } from '@playwright/test'

/** Something that must not be left behind, by what it is. */
export type Needles = Readonly<Record<string, string | Uint8Array>>

/** Bytes one by one as characters, as they are searched for. */
function latin1(value: string | Uint8Array): string {
  return Buffer.from(value).toString('latin1')
}

/** A key as it could stand anywhere: its bytes, in hex, in base64 of both kinds. */
export function keyNeedles(name: string, key: Uint8Array): Needles {
  const bytes = Buffer.from(key)
  return {
    [`${name} as bytes`]: bytes,
    [`${name} in hex`]: bytes.toString('hex'),
    [`${name} in base64`]: bytes.toString('base64').replace(/=+$/, ''),
    [`${name} in base64url`]: bytes.toString('base64url'),
  }
}

/**
 * Which of them are in the strings of the page's heap, by a snapshot that the browser makes after a collection. It has no bytes of buffers in
 * it. They are looked for in the snapshot as it comes, which is JSON: none of them has a character that is written otherwise in it.
 */
export async function foundInHeap(page: Page, needles: Needles): Promise<string[]> {
  const wanted = Object.entries(needles).filter((entry): entry is [string, string] => typeof entry[1] === 'string')
  const odd = wanted.find(([, value]) => JSON.stringify(value) !== `"${value}"`)
  if (odd) throw new Error(`${odd[0]} stands otherwise in JSON.`)
  const longest = Math.max(...wanted.map(([, value]) => value.length))
  const found = new Set<string>()
  const cdp = await page.context().newCDPSession(page)
  await cdp.send('HeapProfiler.enable')
  await cdp.send('HeapProfiler.collectGarbage')
  let end = ''
  cdp.on('HeapProfiler.addHeapSnapshotChunk', ({ chunk }) => {
    const text = end + chunk
    for (const [name, value] of wanted) if (text.includes(value)) found.add(name)
    end = text.slice(1 - longest)
  })
  await cdp.send('HeapProfiler.takeHeapSnapshot', { reportProgress: false, captureNumericValue: false })
  await cdp.send('HeapProfiler.disable')
  await cdp.detach()
  return [...found].toSorted()
}

/** Which of them are in what the origin keeps, as `place: what`. */
export async function foundInStorage(page: Page, needles: Needles): Promise<string[]> {
  const plain = Object.fromEntries(Object.entries(needles).map(([name, value]) => [name, latin1(value)]))
  return page.evaluate(async (needles) => {
    const found = new Set<string>()
    const look = (place: string, text: string): void => {
      for (const [name, value] of Object.entries(needles)) if (text.includes(value)) found.add(`${place}: ${name}`)
    }
    const toText = (bytes: Uint8Array): string => {
      let text = ''
      for (let at = 0; at < bytes.length; at += 32_768) text += String.fromCharCode(...bytes.subarray(at, at + 32_768))
      return text
    }
    const encoder = new TextEncoder()
    const lookAt = async (place: string, value: unknown): Promise<void> => {
      if (typeof value === 'string') look(place, toText(encoder.encode(value)))
      else if (value instanceof ArrayBuffer) look(place, toText(new Uint8Array(value)))
      else if (ArrayBuffer.isView(value)) look(place, toText(new Uint8Array(value.buffer, value.byteOffset, value.byteLength)))
      else if (value instanceof Blob) look(place, toText(new Uint8Array(await value.arrayBuffer())))
      else if (value instanceof CryptoKey) look(place, value.extractable ? toText(new Uint8Array(await crypto.subtle.exportKey('raw', value))) : '')
      else if (typeof value === 'object' && value !== null) await Promise.all(Object.entries(value).flat().map((inner) => lookAt(place, inner)))
    }
    const asked = <T>(request: IDBRequest<T>): Promise<T> =>
      new Promise((resolve, reject) => {
        request.addEventListener('success', () => resolve(request.result))
        request.addEventListener('error', () => reject(request.error ?? new Error('IndexedDB')))
      })
    for (const { name = '' } of await indexedDB.databases()) {
      const database = await asked(indexedDB.open(name))
      for (const store of database.objectStoreNames) {
        const records = database.transaction(store).objectStore(store)
        const [keys, values] = [asked(records.getAllKeys()), asked(records.getAll())]
        await lookAt('IndexedDB', await keys)
        await lookAt('IndexedDB', await values)
      }
      database.close()
    }
    const walk = async (directory: FileSystemDirectoryHandle): Promise<void> => {
      for await (const [name, handle] of directory.entries()) {
        await lookAt('OPFS', name)
        if (handle instanceof FileSystemFileHandle) await lookAt('OPFS', await handle.getFile())
        else await walk(handle)
      }
    }
    await walk(await navigator.storage.getDirectory())
    for (const name of await caches.keys()) {
      const cache = await caches.open(name)
      for (const request of await cache.keys()) {
        await lookAt('Cache Storage', request.url)
        await lookAt('Cache Storage', await (await cache.match(request))?.blob())
      }
    }
    for (const [place, storage] of [['localStorage', localStorage], ['sessionStorage', sessionStorage]] as const) await lookAt(place, Object.entries(storage))
    await lookAt('cookies', document.cookie)
    await lookAt('history', [location.href, document.title, history.state, window.name])
    return [...found].toSorted()
  }, plain)
}
