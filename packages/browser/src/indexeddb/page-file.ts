import { CofferError } from '@coffer/core'
import { promisifyRequest } from 'idb-keyval'
import { Turns } from '../turns.js'
import type { Database } from './database.js'
import { CURRENT, PAGE_BYTES, pageKey, pagesFrom, recordKey, type FileRecord } from './layout.js'

/** Bytes of changed pages in memory from which on the oldest are written, and how many are left then. */
const MOST_DIRTY_BYTES = 8_388_608
const LEFT_DIRTY_BYTES = 2_097_152
/** Bytes of pages that are kept once they were read: the next read often begins where the last one ended. */
const MOST_KEPT_BYTES = 4_194_304

/**
 * The bytes of one file in pages, for all handles of this page or worker. What is written waits in memory until there is enough for a
 * transaction, or until `sync`.
 */
export class PageFile {
  readonly id: string
  readonly #database: Database
  readonly #turns = new Turns()
  /** Known for certain only while this page or worker writes the file. */
  #record: FileRecord | undefined
  #pageBytes: number = PAGE_BYTES
  /** Changed pages, the longest untouched first. */
  readonly #dirty = new Map<number, Uint8Array<ArrayBuffer>>()
  /** Pages in a transaction that is not complete yet. */
  readonly #underWay = new Map<number, Uint8Array<ArrayBuffer>>()
  /** Whether anything, and the last size, has come into the database; whether that is on the disk. */
  #isStored: boolean
  #isDurable = false
  #writing: Promise<void> = Promise.resolve()
  /** Pages as they are in the database, the longest unused first; empty unless nobody else can write. */
  readonly #kept = new Map<number, Promise<Uint8Array | undefined>>()
  readonly #reign: () => number | undefined
  #keptIn: number | undefined

  /** `reign`: tells one time in which nobody elsewhere can write from another; `undefined` while somebody could. */
  constructor(database: Database, id: string, isNew: boolean, reign: () => number | undefined) {
    this.#database = database
    this.id = id
    this.#reign = reign
    this.#isStored = !isNew
    if (isNew) this.#record = { size: 0, pageBytes: PAGE_BYTES }
  }

  /** From now on only this page or worker changes the file. */
  async own(): Promise<void> {
    await this.#turns.run(async () => {
      this.#record ??= await this.#load()
      this.#pageBytes = this.#record.pageBytes
    })
  }

  /** Others may change the file again. */
  async disown(): Promise<void> {
    await this.#turns.run(async () => {
      await this.#flush(this.#dirty.size)
      await this.#settle()
      if (this.#isStored) this.#record = undefined
    })
  }

  async size(): Promise<number> {
    return (this.#record ?? (await this.#load())).size
  }

  async read(offset: number, length: number): Promise<Uint8Array> {
    const record = this.#record ?? (await this.#load())
    const { pageBytes } = record
    const end = Math.min(record.size, offset + length)
    const out = new Uint8Array(Math.max(0, end - offset))
    if (out.length === 0) return out
    const missing: number[] = []
    const place = (page: number, bytes: Uint8Array): void => {
      const from = Math.max(offset, page * pageBytes)
      const piece = bytes.subarray(from - page * pageBytes, Math.min(end - page * pageBytes, bytes.length))
      out.set(piece, from - offset)
    }
    for (let page = Math.floor(offset / pageBytes); page * pageBytes < end; page++) {
      const known = this.#dirty.get(page) ?? this.#underWay.get(page)
      if (known) place(page, known)
      else missing.push(page)
    }
    if (missing.length > 0 && this.#isStored) {
      const pages = await this.#readPages(missing, pageBytes)
      for (const [i, page] of missing.entries()) {
        const bytes = pages[i]
        if (bytes) place(page, bytes)
      }
    }
    return out
  }

  async write(offset: number, bytes: Uint8Array): Promise<void> {
    if (bytes.length === 0) return
    await this.#turns.run(async () => {
      const pageBytes = this.#pageBytes
      for (let at = 0; at < bytes.length; ) {
        const page = Math.floor((offset + at) / pageBytes)
        const to = (offset + at) % pageBytes
        const piece = bytes.subarray(at, at + pageBytes - to)
        const isWhole = piece.length === pageBytes
        const target = await this.#dirtyPage(page, isWhole)
        target.set(piece, to)
        at += piece.length
        this.#setSize(Math.max(this.#owned.size, offset + at))
        if (this.#dirty.size * pageBytes > MOST_DIRTY_BYTES) {
          await this.#settle()
          this.#flushBehind(this.#dirty.size - Math.ceil(LEFT_DIRTY_BYTES / pageBytes))
        }
      }
    })
  }

  async truncate(size: number): Promise<void> {
    await this.#turns.run(async () => {
      await this.#settle().catch(() => undefined)
      this.#kept.clear()
      const pageBytes = this.#pageBytes
      const last = Math.floor(size / pageBytes)
      const kept = size % pageBytes
      for (const page of this.#dirty.keys()) if (page * pageBytes >= size) this.#dirty.delete(page)
      const isShorter = size < this.#owned.size
      // What is cut reads as zeros if the file grows again.
      if (kept > 0 && isShorter) (await this.#dirtyPage(last, false)).fill(0, kept)
      this.#setSize(size)
      if (!this.#isStored || !isShorter) return
      const record = this.#owned
      await this.#database.relaxed('readwrite', (store) => {
        store.delete(pagesFrom(this.id, Math.ceil(size / pageBytes)))
        store.put(record, recordKey(this.id))
        return promisifyRequest(store.transaction)
      })
    })
  }

  /** Puts all that was written on the disk; with `publish`, in the same step makes this file the coffer. */
  async sync(publish = false): Promise<void> {
    await this.#turns.run(async () => {
      await this.#settle().catch(() => undefined)
      if (this.#isDurable && !publish) return
      await this.#flush(this.#dirty.size, publish ? 'publish' : 'strict')
      this.#isDurable = true
    })
  }

  /** Gives up what waits in memory: the file is to be removed. */
  forget(): void {
    this.#dirty.clear()
  }

  get #owned(): FileRecord {
    if (!this.#record) throw new CofferError('ERR_COFFER_IO', `The coffer ${this.#database.coffer} was not opened for writing.`)
    return this.#record
  }

  #setSize(size: number): void {
    this.#isDurable = false
    this.#record = { size, pageBytes: this.#pageBytes }
  }

  /** A page to be changed, as it is now. */
  async #dirtyPage(page: number, isWhole: boolean): Promise<Uint8Array<ArrayBuffer>> {
    let bytes = this.#dirty.get(page)
    if (!bytes) {
      bytes = new Uint8Array(this.#pageBytes)
      if (!isWhole) {
        const before = this.#underWay.get(page) ?? (this.#isBelowSize(page) ? (await this.#loadPages([page]))[0] : undefined)
        if (before) bytes.set(before)
      }
    }
    this.#kept.delete(page)
    this.#dirty.delete(page)
    this.#dirty.set(page, bytes)
    return bytes
  }

  #isBelowSize(page: number): boolean {
    return this.#isStored && page * this.#pageBytes < this.#owned.size
  }

  /** Writes pages while the caller goes on. What fails is changed still, and whoever writes or syncs next meets the failure. */
  #flushBehind(count: number): void {
    this.#writing = this.#flush(count)
    this.#writing.catch(() => undefined)
  }

  /** @throws CofferError what the writing behind failed with. */
  async #settle(): Promise<void> {
    const writing = this.#writing
    this.#writing = Promise.resolve()
    await writing
  }

  /** Writes the `count` pages that were not touched for the longest, and the size, in one transaction. */
  async #flush(count: number, how: 'relaxed' | 'strict' | 'publish' = 'relaxed'): Promise<void> {
    if (count === 0 && how === 'relaxed') return
    const pages = [...this.#dirty].slice(0, count)
    const record = this.#owned
    const run = how === 'relaxed' ? this.#database.relaxed : this.#database.strict
    for (const [page, bytes] of pages) {
      this.#dirty.delete(page)
      this.#underWay.set(page, bytes)
    }
    try {
      await run('readwrite', (store) => {
        for (const [page, bytes] of pages) store.put(usedPart(bytes, record.size - page * record.pageBytes), pageKey(this.id, page))
        store.put(record, recordKey(this.id))
        if (how === 'publish') store.put(this.id, CURRENT)
        return promisifyRequest(store.transaction)
      })
      this.#isStored = true
    } catch (error) {
      for (const [page, bytes] of pages) if (!this.#dirty.has(page)) this.#dirty.set(page, bytes)
      throw error
    } finally {
      for (const [page, bytes] of pages) if (this.#underWay.get(page) === bytes) this.#underWay.delete(page)
    }
  }

  async #load(): Promise<FileRecord> {
    const record = await loadRecord(this.#database, this.id)
    if (record) return record
    throw new CofferError('ERR_COFFER_IO', `The coffer ${this.#database.coffer} was deleted while it was open.`)
  }

  /** Pages that do not wait to be written. */
  async #readPages(pages: readonly number[], pageBytes: number): Promise<(Uint8Array | undefined)[]> {
    const reign = this.#reign()
    if (reign !== this.#keptIn) this.#kept.clear()
    this.#keptIn = reign
    if (reign === undefined) return this.#loadPages(pages)
    const wanted = pages.filter((page) => !this.#kept.has(page))
    const loading = wanted.length > 0 ? this.#loadPages(wanted) : undefined
    for (const [i, page] of wanted.entries()) this.#keep(page, loading?.then((loaded) => loaded[i]) ?? Promise.resolve(undefined))
    const found = pages.map((page) => {
      const kept = this.#kept.get(page) ?? Promise.resolve(undefined)
      // Used last, forgotten last.
      this.#kept.delete(page)
      this.#kept.set(page, kept)
      return kept
    })
    for (const [page] of this.#kept) {
      if (this.#kept.size * pageBytes <= MOST_KEPT_BYTES) break
      this.#kept.delete(page)
    }
    return Promise.all(found)
  }

  #keep(page: number, loading: Promise<Uint8Array | undefined>): void {
    this.#kept.set(page, loading)
    loading.catch(() => {
      if (this.#kept.get(page) === loading) this.#kept.delete(page)
    })
  }

  #loadPages(pages: readonly number[]): Promise<(Uint8Array | undefined)[]> {
    return this.#database.relaxed('readonly', (store) =>
      Promise.all(pages.map((page) => promisifyRequest<Uint8Array | undefined>(store.get(pageKey(this.id, page))))),
    )
  }
}

/** Only as much as the file reaches into the page: a small commit writes little. */
function usedPart(bytes: Uint8Array<ArrayBuffer>, used: number): Uint8Array<ArrayBuffer> {
  return used >= bytes.length ? bytes : bytes.slice(0, Math.max(0, used))
}

export async function loadRecord(database: Database, id: string): Promise<FileRecord | undefined> {
  return database.peek((store) => promisifyRequest<FileRecord | undefined>(store.get(recordKey(id))))
}

export async function removeFile(database: Database, id: string): Promise<void> {
  await database.relaxed('readwrite', (store) => {
    store.delete(pagesFrom(id, 0))
    store.delete(recordKey(id))
    return promisifyRequest(store.transaction)
  })
}
