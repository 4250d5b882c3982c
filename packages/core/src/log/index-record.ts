import { ByteReader, ByteWriter } from '../bytes/cursor.js'
import { CofferError } from '../errors.js'
import { nameProblem } from '../tar/names.js'
import { blockCountOf, MAX_BLOCK_BYTES, TABLE_BLOCKS, type Block, type BlockList, type Entry, type Extent, type FileEntry, type RecordRef, type TableRef, type TarType } from './entry.js'

/** What an index record says of one name. `dead`: still in the tar stream, but no member any more. */
export type IndexItem =
  | { readonly kind: 'put'; readonly entry: Entry }
  | { readonly kind: 'dead'; readonly name: string; readonly tarType: TarType }

/** Names put and dead since the record `base` (docs/FORMAT.md, Index). */
export interface IndexRecord {
  readonly base: RecordRef | undefined
  /** Whether this record and its base were written as one run, split for its length. */
  readonly continues: boolean
  readonly items: readonly IndexItem[]
}

const itemCodes = { file: 0, fileWithTables: 1, directory: 2, symlink: 3, dead: 4 } as const
const tarTypes: readonly TarType[] = ['file', 'directory', 'symlink']
const FLAG_BASE = 1
const FLAG_CONTINUES = 2

export function encodeIndexRecord(record: IndexRecord): Uint8Array {
  const items = new ByteWriter(4096)
  const extents = new ExtentTable()
  for (const item of record.items) encodeItem(items, item, extents)
  const writer = new ByteWriter(items.length + extents.list.length * 48 + 128)
  writer.u8((record.base ? FLAG_BASE : 0) | (record.continues ? FLAG_CONTINUES : 0))
  if (record.base) encodeRef(writer, record.base)
  writer.varint(extents.list.length)
  for (const extent of extents.list) encodeRef(writer, extent)
  writer.varint(record.items.length)
  return writer.raw(items.finish()).finish()
}

export function decodeIndexRecord(bytes: Uint8Array): IndexRecord {
  const reader = new ByteReader(bytes)
  const flags = reader.u8()
  if (flags > (FLAG_BASE | FLAG_CONTINUES)) throw damaged('flags')
  const base = flags & FLAG_BASE ? decodeRef(reader) : undefined
  const extents = decodeList(reader, 34, () => decodeRef(reader))
  const items = decodeList(reader, 3, () => decodeItem(reader, extents))
  reader.end()
  return { base, continues: (flags & FLAG_CONTINUES) !== 0, items }
}

/** Blocks of one member, each in an extent of its own. */
export function encodeTable(blocks: readonly Block[]): Uint8Array {
  const writer = new ByteWriter(blocks.length * 48 + 16)
  writer.varint(blocks.length)
  for (const block of blocks) {
    encodeRef(writer, block.extent)
    writer.varint(block.frameOffset).varint(block.storedBytes)
  }
  return writer.finish()
}

export function decodeTable(bytes: Uint8Array): Block[] {
  const reader = new ByteReader(bytes)
  const blocks = decodeList(reader, 36, () => ({ extent: decodeRef(reader), frameOffset: reader.varint(), storedBytes: reader.varint() }))
  reader.end()
  if (blocks.length > TABLE_BLOCKS) throw damaged('length')
  return blocks
}

class ExtentTable {
  readonly list: Extent[] = []
  readonly #numbers = new Map<Extent, number>()

  numberOf(extent: Extent): number {
    let number = this.#numbers.get(extent)
    if (number === undefined) {
      number = this.list.push(extent) - 1
      this.#numbers.set(extent, number)
    }
    return number
  }
}

function encodeItem(writer: ByteWriter, item: IndexItem, extents: ExtentTable): void {
  if (item.kind === 'dead') {
    writer.u8(itemCodes.dead).text(item.name).u8(tarTypes.indexOf(item.tarType))
    return
  }
  const { entry } = item
  if (entry.type === 'file') {
    writer.u8(entry.content.kind === 'tables' ? itemCodes.fileWithTables : itemCodes.file)
  } else {
    writer.u8(itemCodes[entry.type])
  }
  writer.text(entry.name).varint(entry.mode).f64(entry.mtimeMs).varint(entry.weight)
  if (entry.type === 'symlink') writer.text(entry.target)
  if (entry.type === 'file') encodeFile(writer, entry, extents)
}

function encodeFile(writer: ByteWriter, { size, blockBytes, content }: FileEntry, extents: ExtentTable): void {
  writer.varint(size).varint(blockBytes)
  if (content.kind === 'tables') {
    writer.varint(content.tables.length)
    for (const table of content.tables) encodeRef(writer, table).varint(table.blockCount)
    return
  }
  if (content.kind === 'pending') throw new Error('a file was indexed before it was sealed')
  writer.varint(content.blocks.length)
  for (const block of content.blocks) writer.varint(extents.numberOf(block.extent)).varint(block.frameOffset).varint(block.storedBytes)
}

function decodeItem(reader: ByteReader, extents: readonly Extent[]): IndexItem {
  const code = reader.u8()
  const name = reader.text()
  if (nameProblem(name) !== undefined) throw damaged('name')
  if (code === itemCodes.dead) {
    const tarType = tarTypes[reader.u8()]
    if (!tarType) throw damaged('type')
    return { kind: 'dead', name, tarType }
  }
  const mode = reader.varint()
  const mtimeMs = reader.f64()
  if (!Number.isFinite(mtimeMs) || mode > 0o777) throw damaged('mode or time')
  const weight = reader.varint()
  switch (code) {
    case itemCodes.file:
    case itemCodes.fileWithTables: {
      const { size, blockBytes, content } = decodeFile(reader, code === itemCodes.fileWithTables, extents)
      return { kind: 'put', entry: { name, mode, mtimeMs, weight, type: 'file', size, blockBytes, content } }
    }
    case itemCodes.directory:
      return { kind: 'put', entry: { name, mode, mtimeMs, weight, type: 'directory' } }
    case itemCodes.symlink:
      return { kind: 'put', entry: { name, mode, mtimeMs, weight, type: 'symlink', target: reader.text() } }
    default:
      throw damaged('type')
  }
}

function decodeFile(reader: ByteReader, hasTables: boolean, extents: readonly Extent[]): { size: number; blockBytes: number; content: BlockList } {
  const size = reader.varint()
  const blockBytes = reader.varint()
  if (blockBytes < 1 || blockBytes > MAX_BLOCK_BYTES) throw damaged('block size')
  const blockCount = blockCountOf({ size, blockBytes })
  if (hasTables) {
    const tables = decodeList(reader, 35, (): TableRef => ({ ...decodeRef(reader), blockCount: reader.varint() }))
    // So that there are no more blocks than the record has bytes to name them by.
    if (tables.some((table, i) => table.blockCount !== Math.min(TABLE_BLOCKS, blockCount - i * TABLE_BLOCKS))) throw damaged('table')
    if (tables.length !== Math.ceil(blockCount / TABLE_BLOCKS)) throw damaged('number of blocks')
    return { size, blockBytes, content: { kind: 'tables', tables } }
  }
  const blocks = decodeList(reader, 3, (): Block => {
    const extent = extents[reader.varint()]
    if (!extent) throw damaged('extent')
    return { extent, frameOffset: reader.varint(), storedBytes: reader.varint() }
  })
  if (blocks.length !== blockCount) throw damaged('number of blocks')
  return { size, blockBytes, content: { kind: 'inline', blocks } }
}

function encodeRef(writer: ByteWriter, ref: RecordRef): ByteWriter {
  return writer.varint(ref.offset).varint(ref.length).raw(ref.digest)
}

function decodeRef(reader: ByteReader): RecordRef {
  return { offset: reader.varint(), length: reader.varint(), digest: reader.raw(32).slice() }
}

/** A count, then so many items; a count that the bytes left cannot hold is refused before anything is made of it. */
function decodeList<T>(reader: ByteReader, leastBytes: number, decode: () => T): T[] {
  const count = reader.varint()
  if (count * leastBytes > reader.remaining) throw damaged('count')
  return Array.from({ length: count }, decode)
}

function damaged(what: string): CofferError {
  return new CofferError('ERR_COFFER_DAMAGED', `An index record of the coffer has an impossible ${what}.`)
}
