import { generateKeys, memoryStorage, type CofferKeys, type MemoryStorage, type VariantName } from '@coffer/core'
import { openLogFile } from '../../../packages/core/src/coffer/log-codecs.js'
import { describeVariant, makeRecipe, variantByName } from '../../../packages/core/src/coffer/variants.js'
import { inlineEngine } from '../../../packages/core/src/engine/inline.js'
import { encodeCommit, encodeHead, type Commit } from '../../../packages/core/src/log/commit.js'
import type { Block, Extent, FileEntry, RecordRef, TableRef } from '../../../packages/core/src/log/entry.js'
import { encodeIndexRecord, encodeTable, type IndexItem } from '../../../packages/core/src/log/index-record.js'
import type { LogFile } from '../../../packages/core/src/log/log-file.js'
import { recordTypes, type RecordType } from '../../../packages/core/src/log/record.js'
import type { StorageFile } from '../../../packages/core/src/storage/storage.js'

/** A reference to nothing. */
export const nowhere: RecordRef = { offset: 0, length: 0, digest: new Uint8Array(32) }

/** Makes coffers that say whatever one likes, sealed as they have to be: what somebody with the keys can do, and of a null coffer anybody. */
export class Forge {
  readonly keys: CofferKeys
  readonly #storage: MemoryStorage
  readonly #file: StorageFile
  readonly #log: LogFile
  #end = 0
  #generation = 0
  #previous: RecordRef = nowhere

  private constructor(keys: CofferKeys, storage: MemoryStorage, file: StorageFile, log: LogFile) {
    this.keys = keys
    this.#storage = storage
    this.#file = file
    this.#log = log
  }

  static async create(variantName: VariantName = 'null'): Promise<Forge> {
    const keys = await generateKeys(variantName)
    const storage = memoryStorage()
    const file = await storage.replace()
    await file.publish()
    const variant = variantByName(variantName)
    const log = await openLogFile(file, variant, makeRecipe(variant, keys, {}), inlineEngine())
    const forge = new Forge(keys, storage, file, log)
    const id = new Uint8Array(16).fill(7)
    await forge.record(recordTypes.head, encodeHead({ id, descriptor: describeVariant(variant), dictionaryDigest: new Uint8Array(0) }))
    log.codecs.records.setId(id)
    return forge
  }

  /** The bytes of the coffer so far. */
  bytes(): Uint8Array {
    return this.#storage.bytes()
  }

  /** One block, in an extent of its own. */
  async block(plain: Uint8Array): Promise<Block> {
    const place = { fileOffset: this.#end, memberOffset: 0, between: [] }
    const { bytes, length, digest, blocks } = await this.#log.codecs.coder.encode([{ plain }], () => place)
    const extent = { offset: await this.#append(bytes as Uint8Array), length, digest }
    return { extent, ...(blocks[0] as (typeof blocks)[0]) }
  }

  /** What the file has there, as an extent of a null coffer. */
  extent(offset: number, length: number): Extent {
    return { offset, length, digest: this.#log.codecs.sodium.blake2b(this.bytes().subarray(offset, offset + length)) }
  }

  async table(blocks: readonly Block[]): Promise<RecordRef> {
    return this.record(recordTypes.table, encodeTable(blocks))
  }

  async index(items: readonly IndexItem[], base?: RecordRef): Promise<RecordRef> {
    return this.record(recordTypes.index, encodeIndexRecord({ base, continues: false, items }))
  }

  async record(type: RecordType, plain: Uint8Array): Promise<RecordRef> {
    const { bytes, ref } = await this.#log.sealRecord(type, plain, this.#end)
    await this.#append(bytes)
    return ref
  }

  async commit(index: RecordRef, over: Partial<Commit> = {}): Promise<void> {
    const counts = { start: 0, liveBytes: 0, deadBytes: 0, memberCount: 0 }
    const commit = { generation: ++this.#generation, relaxed: false, index, previous: this.#previous, ...counts, ...over }
    const { bytes, ref } = await this.#log.sealFixed(recordTypes.commit, encodeCommit(commit), this.#end)
    await this.#append(bytes)
    this.#previous = ref
  }

  async #append(bytes: Uint8Array): Promise<number> {
    const offset = this.#end
    await this.#file.write(offset, bytes)
    this.#end += bytes.length
    return offset
  }
}

/** A file as an index says it, of blocks or of tables of them. */
export function fileItem(name: string, size: number, content: { readonly blocks: readonly Block[] } | { readonly tables: readonly TableRef[] }, blockBytes = 524_288): IndexItem {
  const list: FileEntry['content'] = 'blocks' in content ? { kind: 'inline', blocks: content.blocks } : { kind: 'tables', tables: content.tables }
  return { kind: 'put', entry: { type: 'file', name, mode: 0o600, mtimeMs: 0, weight: 0, size, blockBytes, content: list } }
}

export function directoryItem(name: string): IndexItem {
  return { kind: 'put', entry: { type: 'directory', name, mode: 0o700, mtimeMs: 0, weight: 0 } }
}
