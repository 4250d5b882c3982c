import { CHUNK_BODY_LIMIT, CHUNK_HEADER_BYTES, splitChunks } from '../cipher/chunk-stream.js'
import { isZero } from '../bytes/bytes.js'
import { CofferError, isCofferError } from '../errors.js'
import { decodeHead, type Head } from '../log/commit.js'
import type { LogFile } from '../log/log-file.js'
import { FORMAT_VERSION, FRAME_HEADER_BYTES, RECORD_PREFIX_BYTES, recordTypes } from '../log/record.js'
import { parseFrame, SKIPPABLE_MAGIC, type SkippableFrame } from '../zstd/frame.js'
import { describeVariant, type Variant } from './variants.js'

/** What a file begins with: our head, or what PyCoffer would have written. */
export type Identity = { readonly kind: 'ours'; readonly head: Head } | { readonly kind: 'legacy' }

const ZSTD_MAGIC = 0xfd2fb528
/** No head is longer. */
const HEAD_LIMIT = 4096
/** First bytes of a Fernet token: version 0x80 and a timestamp before the year 2106, in base64. */
const FERNET_START: readonly number[] = [0x67, 0x41, 0x41, 0x41]

/**
 * Tells what kind of file this is, with the key that is to open it.
 * @throws CofferError `ERR_COFFER_NOT_A_COFFER`, `ERR_COFFER_VARIANT`, `ERR_COFFER_AUTH` or `ERR_COFFER_DAMAGED`.
 */
export async function identify(log: LogFile, variant: Variant): Promise<Identity> {
  const start = await log.file.read(0, HEAD_LIMIT)
  if (start.length === 0) throw notACoffer('the file is empty')
  const { container } = log.codecs
  if (!container) return identifyFrames(log, variant, start)

  if (looksLikeFrames(start)) {
    throw wrongVariant(variant, 'the file has no cipher around the whole, as a market or null coffer')
  }
  if (start.length < CHUNK_HEADER_BYTES || !looksLikeChunk(start)) throw notACoffer('it does not begin as one')
  const bodyBytes = new DataView(start.buffer, start.byteOffset).getUint32(0, true)
  const chunk = await log.file.read(0, CHUNK_HEADER_BYTES + bodyBytes)
  if (chunk.length < CHUNK_HEADER_BYTES + bodyBytes) throw cut()
  const [body] = splitChunks(chunk)
  let frames: Uint8Array
  try {
    frames = await container.open(body as Uint8Array)
  } catch (error) {
    const isFernet = FERNET_START.every((byte, i) => body?.[i] === byte)
    if (isFernet !== (variant.container?.name === 'fernet') && isCofferError(error, 'ERR_COFFER_AUTH')) {
      throw wrongVariant(variant, isFernet ? 'the file is sealed with Fernet, as a bank' : 'the file is not sealed with Fernet', error)
    }
    throw error
  }
  return identifyFrames(log, variant, frames)
}

function identifyFrames(log: LogFile, variant: Variant, bytes: Uint8Array): Identity {
  if (!looksLikeFrames(bytes)) {
    if (!log.codecs.container && looksLikeChunk(bytes)) {
      throw wrongVariant(variant, 'the file has a cipher around the whole, as a bank or store')
    }
    throw log.codecs.container ? unreadable() : notACoffer('it does not begin as one')
  }
  const frame = headFrame(bytes)
  if (!frame) return { kind: 'legacy' }
  const [version, , code] = frame.body
  if (version !== FORMAT_VERSION) {
    throw new CofferError('ERR_COFFER_UNSUPPORTED', `The coffer has format version ${version}, which a newer version of this program reads.`)
  }
  if (code !== variant.code) throw wrongVariant(variant, 'the file says that it is of another')
  const head = decodeHead(log.codecs.records.open(recordTypes.head, frame.body, 0))
  if (head.descriptor !== describeVariant(variant)) throw wrongVariant(variant, `the file is a ${head.descriptor}`)
  return { kind: 'ours', head }
}

/** The first frame, if it is what a head looks like. */
function headFrame(bytes: Uint8Array): SkippableFrame | undefined {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  if (bytes.length < FRAME_HEADER_BYTES + RECORD_PREFIX_BYTES || view.getUint32(0, true) !== SKIPPABLE_MAGIC) return undefined
  if (bytes[FRAME_HEADER_BYTES + 1] !== recordTypes.head) return undefined
  const length = FRAME_HEADER_BYTES + view.getUint32(4, true)
  if (length > bytes.length) throw cut()
  const frame = parseFrame(bytes.subarray(0, length))
  return frame.kind === 'skippable' ? frame : undefined
}

/** Whether a file with these first bytes, 32 or more, may be a coffer of any kind; without a key, no more can be told. */
export function beginsAsCoffer(start: Uint8Array): boolean {
  return looksLikeFrames(start) || looksLikeChunk(start)
}

function looksLikeFrames(bytes: Uint8Array): boolean {
  if (bytes.length < 4) return false
  const magic = new DataView(bytes.buffer, bytes.byteOffset).getUint32(0, true)
  return magic === ZSTD_MAGIC || (magic & 0xfffffff0) >>> 0 === 0x184d2a50
}

function looksLikeChunk(bytes: Uint8Array): boolean {
  if (bytes.length < CHUNK_HEADER_BYTES) return false
  const length = new DataView(bytes.buffer, bytes.byteOffset).getUint32(0, true)
  return length > 0 && length <= CHUNK_BODY_LIMIT && isZero(bytes, 4, CHUNK_HEADER_BYTES)
}

function notACoffer(why: string): CofferError {
  return new CofferError('ERR_COFFER_NOT_A_COFFER', `This is not a coffer: ${why}.`)
}

function wrongVariant(variant: Variant, why: string, cause?: unknown): CofferError {
  return new CofferError('ERR_COFFER_VARIANT', `This is not a ${variant.name} coffer of the kind asked for: ${why}. Name the right variant.`, cause)
}

function cut(): CofferError {
  return new CofferError('ERR_COFFER_DAMAGED', 'The coffer is cut: it ends inside its first record.')
}

function unreadable(): CofferError {
  return new CofferError('ERR_COFFER_DAMAGED', 'The coffer opens with this key, but what it begins with is not known.')
}
