/** A sealed range of the file that is opened as a whole (docs/FORMAT.md, Digests). */
export interface Extent {
  readonly offset: number
  readonly length: number
  /** 32 bytes that pin the extent's seals. */
  readonly digest: Uint8Array
}

/** One block of a member. */
export interface Block {
  readonly extent: Extent
  readonly frameOffset: number
  readonly storedBytes: number
}

/** Points to a record in the file and pins it. */
export interface RecordRef {
  readonly offset: number
  /** Bytes in the file. */
  readonly length: number
  /** 32 bytes, over the record's body. */
  readonly digest: Uint8Array
}

/** A sealed record of up to {@link TABLE_BLOCKS} blocks of one member. */
export interface TableRef extends RecordRef {
  readonly blockCount: number
}

/** Plaintext bytes of a block where nothing else is asked for, and the most there may be (zstd-codec's memory sets it). */
export const MAX_BLOCK_BYTES = 524_288
/** The fewest plaintext bytes of a block. */
export const MIN_BLOCK_BYTES = 4096

/** Members of up to this many blocks carry them in the index itself. */
export const INLINE_BLOCKS = 16
/** Blocks a table; all tables of a member but the last are full. */
export const TABLE_BLOCKS = 1024

/** Where the blocks of a file are found. `pending`: not sealed yet, this is its plaintext. */
export type BlockList =
  | { readonly kind: 'inline'; readonly blocks: readonly Block[] }
  | { readonly kind: 'tables'; readonly tables: readonly TableRef[] }
  | { readonly kind: 'pending'; readonly plain: Uint8Array }

interface EntryBase {
  readonly name: string
  /** Permission bits, 0 to 0o777. */
  readonly mode: number
  /** Milliseconds since 1970, with fractions. */
  readonly mtimeMs: number
  /** Bytes of the file that this entry alone accounts for. */
  weight: number
}

export interface FileEntry extends EntryBase {
  readonly type: 'file'
  readonly size: number
  /** Plaintext bytes of every block but the last. */
  readonly blockBytes: number
  content: BlockList
}

export interface DirectoryEntry extends EntryBase {
  readonly type: 'directory'
}

export interface SymlinkEntry extends EntryBase {
  readonly type: 'symlink'
  readonly target: string
}

export type Entry = FileEntry | DirectoryEntry | SymlinkEntry

/** How an entry stands in the tar stream, which PyCoffer reads. */
export type TarType = 'file' | 'directory' | 'symlink'

/**
 * A symlink that is absolute or leaves the coffer stands in the tar as an empty file: PyCoffer would refuse to
 * open the whole.
 */
export function tarTypeOf(entry: Entry): TarType {
  return entry.type === 'symlink' && !staysInside(entry.name, entry.target) ? 'file' : entry.type
}

/**
 * Whether a symlink at `name` with this target is relative and stays within the coffer's root, whatever other links are in it. A `..`
 * after a name is refused: that name may be a link itself, and then `..` is not where it came from.
 */
export function staysInside(name: string, target: string): boolean {
  if (target === '' || target.startsWith('/') || target.includes('\0')) return false
  let depth = name.split('/').length - 1
  let hasNames = false
  for (const part of target.split('/')) {
    if (part === '..') {
      depth -= 1
      if (hasNames || depth < 0) return false
    } else if (part !== '.' && part !== '') hasNames = true
  }
  return true
}

/** The plaintext length of block `index` of a file. */
export function plainBytesOf(file: Pick<FileEntry, 'size' | 'blockBytes'>, index: number): number {
  return Math.min(file.blockBytes, file.size - index * file.blockBytes)
}

/** How many blocks a file has; an empty one has one, which is empty. */
export function blockCountOf(file: Pick<FileEntry, 'size' | 'blockBytes'>): number {
  return Math.max(1, Math.ceil(file.size / file.blockBytes))
}
