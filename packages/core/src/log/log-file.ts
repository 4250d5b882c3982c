import { CHUNK_HEADER_BYTES, openChunks, sealChunks, sealedLength, splitChunks } from '../cipher/chunk-stream.js'
import { equalBytes } from '../bytes/bytes.js'
import { ByteWriter } from '../bytes/cursor.js'
import type { ChunkCipher } from '../cipher/cipher.js'
import type { Sodium } from '../cipher/sodium.js'
import type { BlockCoder } from '../engine/engine.js'
import type { Layout } from '../engine/layout.js'
import { CofferError } from '../errors.js'
import type { StorageFile } from '../storage/storage.js'
import { parseFrame, SKIPPABLE_MAGIC } from '../zstd/frame.js'
import { COMMIT_BYTES, decodeCommit, type Commit } from './commit.js'
import type { Extent, RecordRef } from './entry.js'
import { FRAME_HEADER_BYTES, recordTypes, type RecordCodec, type RecordType } from './record.js'

/** Up to here, memory for what may not be there costs nothing; a block with all around it is shorter. */
const SHORT_BYTES = 1_048_576
/** No record and no extent is longer. */
const LONGEST_PLACE_BYTES = 1_073_741_824

/** What reading and writing one coffer's file takes. */
export interface LogCodecs {
  readonly sodium: Sodium
  readonly layout: Layout
  readonly container: ChunkCipher | undefined
  readonly records: RecordCodec
  readonly coder: BlockCoder
}

/** The records of one file, by place. */
export class LogFile {
  readonly file: StorageFile
  readonly codecs: LogCodecs
  /** Bytes that every commit record takes in this file. */
  readonly commitBytes: number
  /** Bytes that begin every commit in the file, and only a commit or a crumb. */
  readonly commitPattern: Uint8Array

  constructor(file: StorageFile, codecs: LogCodecs) {
    this.file = file
    this.codecs = codecs
    const frameBytes = codecs.records.frameBytes(COMMIT_BYTES)
    const { container } = codecs
    const bodyBytes = container?.bodyBytes(frameBytes) ?? 0
    this.commitBytes = container ? CHUNK_HEADER_BYTES + bodyBytes : frameBytes
    this.commitPattern = container
      ? chunkHeader(bodyBytes)
      : new ByteWriter().u32(SKIPPABLE_MAGIC).u32(frameBytes - 8).finish()
  }

  /** The bytes of a record for the place `offset`, and the reference that finds it there. */
  async sealRecord(type: RecordType, plain: Uint8Array, offset: number): Promise<{ bytes: Uint8Array; ref: RecordRef }> {
    const { records } = this.codecs
    const frame = records.seal(type, plain, offset)
    const bytes = await this.sealFrames(frame, offset)
    return { bytes, ref: { offset, length: bytes.length, digest: records.digest(frame.subarray(8)) } }
  }

  /** Container frames as they stand in the file from `offset` on. */
  async sealFrames(frames: Uint8Array, offset: number): Promise<Uint8Array> {
    const { container, layout } = this.codecs
    return container ? (await sealChunks(container, frames, offset, layout.chunkBytes)).bytes : frames
  }

  /** A commit or crumb: one chunk whatever its place, so that its length is known. */
  async sealFixed(type: RecordType, plain: Uint8Array, offset: number): Promise<{ bytes: Uint8Array; ref: RecordRef }> {
    const { records, container } = this.codecs
    const frame = records.seal(type, plain, offset)
    const digest = records.digest(frame.subarray(8))
    let bytes = frame
    if (container) {
      bytes = new Uint8Array(this.commitBytes)
      bytes.set(this.commitPattern)
      await container.seal(frame, bytes.subarray(CHUNK_HEADER_BYTES))
    }
    return { bytes, ref: { offset, length: bytes.length, digest } }
  }

  /** Bytes in the file of a record whose plaintext has `plainBytes` bytes. */
  recordBytes(plainBytes: number, offset: number): number {
    const { records, container, layout } = this.codecs
    const frameBytes = records.frameBytes(plainBytes)
    return container ? sealedLength(container, offset, frameBytes, layout.chunkBytes) : frameBytes
  }

  /** Reads and opens the record that `ref` points to. @throws CofferError `ERR_COFFER_AUTH`, `ERR_COFFER_DAMAGED`. */
  async readRecord(type: RecordType, ref: RecordRef): Promise<Uint8Array> {
    if (!(await this.mayHold(ref))) throw cutInRecord()
    const body = await this.openBody(await this.file.read(ref.offset, ref.length), ref.length)
    if (!equalBytes(this.codecs.records.digest(body), ref.digest)) {
      throw new CofferError('ERR_COFFER_AUTH', 'A record of the coffer is not the one that was put there: it was changed or moved.')
    }
    return this.codecs.records.open(type, body, ref.offset)
  }

  /** Whether a place that the file itself names can be in it; to be asked before memory is taken for what stands there. */
  async mayHold({ offset, length }: Extent): Promise<boolean> {
    return length <= SHORT_BYTES || (length <= LONGEST_PLACE_BYTES && offset + length <= (await this.file.size()))
  }

  /** The record of that type in `bytes`, which stand at `offset`; `undefined` where they are not an authentic one. */
  async openFixed(type: RecordType, bytes: Uint8Array, offset: number): Promise<{ plain: Uint8Array; ref: RecordRef } | undefined> {
    try {
      const body = await this.openBody(bytes, bytes.length)
      const plain = this.codecs.records.open(type, body, offset)
      return { plain, ref: { offset, length: bytes.length, digest: this.codecs.records.digest(body) } }
    } catch (error) {
      if (error instanceof CofferError) return undefined
      throw error
    }
  }

  /** Bytes of the chunk, or of the frame where there is no container cipher, that begins with `start`. */
  unitBytes(start: Uint8Array): number {
    const view = new DataView(start.buffer, start.byteOffset, start.byteLength)
    return this.codecs.container ? CHUNK_HEADER_BYTES + view.getUint32(0, true) : FRAME_HEADER_BYTES + view.getUint32(4, true)
  }

  /** Whether `bytes` are chunks that verify and hold no commit or crumb; not known where there is no container cipher. */
  async isForeign(bytes: Uint8Array): Promise<boolean> {
    const { container } = this.codecs
    if (!container) return false
    try {
      const frames = await openChunks(container, splitChunks(bytes))
      const isRecord = frames.length > FRAME_HEADER_BYTES + 1 && new DataView(frames.buffer, frames.byteOffset).getUint32(0, true) === SKIPPABLE_MAGIC
      const type = frames[FRAME_HEADER_BYTES + 1]
      return !isRecord || (type !== recordTypes.commit && type !== recordTypes.crumb)
    } catch (error) {
      if (error instanceof CofferError) return false
      throw error
    }
  }

  /** The commit that `ref` points to. */
  async readCommit(ref: RecordRef): Promise<Commit> {
    return decodeCommit(await this.readRecord(recordTypes.commit, ref))
  }

  /** The body of the one skippable frame that `bytes` carry. */
  async openBody(bytes: Uint8Array, expectedLength: number): Promise<Uint8Array> {
    if (bytes.length !== expectedLength) throw cutInRecord()
    const { container } = this.codecs
    const frames = container ? await openChunks(container, splitChunks(bytes)) : bytes
    const frame = parseFrame(frames)
    if (frame.kind !== 'skippable' || frame.magic !== SKIPPABLE_MAGIC || frame.frameBytes !== frames.length) {
      throw new CofferError('ERR_COFFER_AUTH', 'What stands in the place of a record of the coffer is none.')
    }
    return frame.body
  }
}

function chunkHeader(bodyBytes: number): Uint8Array {
  const header = new Uint8Array(CHUNK_HEADER_BYTES)
  new DataView(header.buffer).setUint32(0, bodyBytes, true)
  return header
}

function cutInRecord(): CofferError {
  return new CofferError('ERR_COFFER_DAMAGED', 'The coffer ends inside a record.')
}
