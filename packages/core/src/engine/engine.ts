import type { Allocate } from '../bytes/memory.js'
import type { OcbPrimitives } from '../cipher/aes-ocb.js'
import type { ChunkCipher, CipherKind } from '../cipher/cipher.js'
import type { ZstdPrimitives } from '../zstd/codec.js'

/**
 * How the blocks of one coffer are coded: which cipher and codec at which layer, with their keys
 * (docs/FORMAT.md, Layers). Data only, so that it can be handed to a worker once.
 */
export interface Recipe {
  /** Where zstd is applied: to each block of a member, to the container's frames, or nowhere. */
  readonly compression: Compression
  /** Seals each member's blocks. */
  readonly member?: KeyedCipher | undefined
  /** Seals the container's frames. */
  readonly container?: KeyedCipher | undefined
  /** zstd level, 1 to 19. */
  readonly level: number
  /** Chunks end on multiples of this many bytes. */
  readonly chunkBytes: number
  readonly dictionary?: Uint8Array | undefined
}

export type Compression = 'member' | 'container' | 'none'

export interface KeyedCipher {
  readonly kind: CipherKind
  readonly key: Uint8Array
}

/**
 * Codes blocks, on this thread or on others. One engine may serve many coffers; each gets a coder of its own.
 */
export interface Engine {
  createCoder(recipe: Recipe): Promise<BlockCoder>
  /** For what is sealed beside blocks, on the calling thread. */
  readonly platform?: Platform | undefined
  /** Ends the engine; calls under way reject. May be called twice. */
  close(): Promise<void>
}

/** Bytes in a file of the system's, by a descriptor that all threads of the process share. */
export interface FileSpan {
  readonly descriptor: number
  readonly offset: number
  readonly length: number
  /** What messages call the file. */
  readonly name: string
}

/** A place to write to in such a file. */
export type FilePlace = Omit<FileSpan, 'length'>

/** A file to be made, for its owner, with nothing at its path yet. */
export interface NewFile {
  readonly path: string
  /** Permission bits. */
  readonly mode: number
  readonly mtimeMs: number
}

/** Reads and writes files on the thread that codes. */
export interface FileAccess {
  /** Into memory by `allocate`, else fresh; fewer bytes only at the end of the file. */
  read(span: FileSpan, allocate?: Allocate): Uint8Array | Promise<Uint8Array>
  /** Writes all of `bytes`. */
  write(place: FilePlace, bytes: Uint8Array): void | Promise<void>
  /** Makes a file with `bytes` in it. Resolves to the system's code where it refuses, such as `ENAMETOOLONG`; nothing remains then. */
  create(file: NewFile, bytes: Uint8Array): CreateResult | Promise<CreateResult>
}

/** What one platform can do and others cannot, or not as fast. */
export interface Platform {
  /** `undefined` where a descriptor means nothing to another thread. */
  readonly files: FileAccess | undefined
  /** Ciphers by the platform's own cryptography. */
  readonly fernet: (key: Uint8Array) => ChunkCipher
  /** `undefined` where its cryptography has no such mode. */
  readonly aesOcb: (key: Uint8Array) => OcbPrimitives | undefined
  /** `undefined` where it has none; then zstd-codec serves. */
  readonly zstd: ZstdPrimitives | undefined
}

/** The system's code for why a file was not made. */
export type CreateResult = string | undefined

/** The blocks of one coffer, to extents and back. Results do not depend on how many calls are under way. */
export interface BlockCoder {
  /** How many calls are worth having under way at once. */
  readonly concurrency: number
  /**
   * Whether it reads and writes files by itself, so that {@link FileSpan}s and {@link FilePlace}s may be given to it. A descriptor has
   * to stay open until the call settles; an abort then waits until the file is let go of.
   */
  readonly usesFiles: boolean
  /** Says that about so many bytes of plaintext will be coded next, so that threads for them can be started at once. */
  expect?(bytes: number, work: 'encode' | 'decode'): void
  /**
   * Encodes `blocks` into one extent. Compression comes first; then `place` is told the length that each
   * block has by then and answers where the extent will stand, whereupon it is sealed.
   *
   * The input is read until the promise settles, then it is the caller's again (a coder on another thread
   * may have detached it where `transfer` is set).
   */
  encode(blocks: readonly BlockInput[], place: PlaceExtent, options?: EncodeOptions): Promise<EncodedExtent>
  /**
   * Decodes blocks out of the bytes of one extent, which are checked against `digest` and opened first:
   * what is returned is authentic and was put at this place.
   * @throws CofferError `ERR_COFFER_AUTH` where a byte was changed; `ERR_COFFER_DAMAGED` for the rest.
   */
  decode(extent: ExtentSource, digest: Uint8Array, blocks: readonly BlockPlace[], options?: DecodeOptions): Promise<Uint8Array[]>
  /** The same, written to `into` one after the other instead of returned. Only where the coder {@link usesFiles}. */
  decodeInto(extent: ExtentSource, digest: Uint8Array, blocks: readonly BlockPlace[], into: FilePlace, options?: DecodeOptions): Promise<void>
  /** The same, each block into a file of its own. */
  decodeIntoNew(
    extent: ExtentSource,
    digest: Uint8Array,
    blocks: readonly BlockPlace[],
    files: readonly NewFile[],
    options?: DecodeOptions,
  ): Promise<CreateResult[]>
  /** May be called twice. */
  close(): Promise<void>
}

export interface EncodeOptions {
  readonly signal?: AbortSignal | undefined
  /** The input may be taken over instead of copied. */
  readonly transfer?: boolean | undefined
  /** The extent is written here, at the offset that `place` answers, instead of returned. Only where the coder uses files. */
  readonly into?: Omit<FilePlace, 'offset'> | undefined
}

export interface DecodeOptions {
  readonly signal?: AbortSignal | undefined
  /** How far to decode: to the member's plaintext (the default), to what its cipher seals, or to its stored bytes. */
  readonly stage?: BlockStage | undefined
  /** The extent may be taken over instead of copied. */
  readonly transfer?: boolean | undefined
}

export type BlockStage = 'plain' | 'payload' | 'stored'

/** The bytes of an extent, or where they stand. */
export type ExtentSource = Uint8Array | FileSpan

/**
 * A block at one of its stages; `span` is plaintext that is still to be read. `marker`: a skippable frame that precedes the block inside
 * its first seal.
 */
export type BlockInput =
  | { readonly plain: Uint8Array; readonly marker?: Uint8Array | undefined }
  | { readonly span: FileSpan; readonly marker?: Uint8Array | undefined }
  | { readonly payload: Uint8Array }
  | { readonly stored: Uint8Array }

/** Bytes of a block, at the stage that it is had at. */
export function inputBytes(input: BlockInput): number {
  if ('plain' in input) return input.plain.length
  if ('span' in input) return input.span.length
  return 'payload' in input ? input.payload.length : input.stored.length
}

/** Told the byte length of each block before it is sealed; answers where the extent stands. */
export type PlaceExtent = (lengths: readonly number[]) => ExtentPlace | Promise<ExtentPlace>

export interface ExtentPlace {
  /** Offset of the extent in the file. */
  readonly fileOffset: number
  /** Offset of the block in its member's stored bytes: 0 for a member's first block, which all blocks of a pack are. */
  readonly memberOffset: number
  /** Ready container frames: one before each block and one after the last. May be empty arrays of bytes. */
  readonly between: readonly Uint8Array[]
}

export interface EncodedExtent {
  /** The bytes for the file, in fresh memory; nothing where they were written already. */
  readonly bytes: Uint8Array | undefined
  readonly length: number
  /** 32 bytes; docs/FORMAT.md, Digests. */
  readonly digest: Uint8Array
  readonly blocks: readonly { readonly frameOffset: number; readonly storedBytes: number }[]
}

/** Where a block is inside an extent. */
export interface BlockPlace {
  /** Offset of the container frame that carries it, in the opened extent. */
  readonly frameOffset: number
  readonly storedBytes: number
  readonly plainBytes: number
}
