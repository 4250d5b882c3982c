import { concat, equalBytes, utf8 } from '../bytes/bytes.js'
import { ByteWriter } from '../bytes/cursor.js'
import type { Sodium } from '../cipher/sodium.js'
import { CofferError } from '../errors.js'
import { encodeSkippableFrame, SKIPPABLE_MAGIC } from '../zstd/frame.js'

/** Version of the records, the first byte of each (docs/FORMAT.md, Records). */
export const FORMAT_VERSION = 1

/** What a record is; the second byte of each. */
export const recordTypes = { head: 1, index: 2, commit: 3, table: 4, crumb: 5, marker: 6 } as const
export type RecordType = (typeof recordTypes)[keyof typeof recordTypes]

/** Bytes of a record's clear beginning: version, type, variant code, reserved. */
export const RECORD_PREFIX_BYTES = 4
/** Bytes of the magic and length of the skippable frame that holds a record. */
export const FRAME_HEADER_BYTES = 8
/** Random bytes that name a coffer for life. */
export const ID_BYTES = 16

/** What begins the associated data of every record. */
export const RECORD_CONTEXT: Uint8Array = utf8('coffer/record/1')
const PLAIN_DIGEST_BYTES = 32
const AEAD_OVERHEAD_BYTES = 40

/** What the log key of a coffer is derived from. */
export interface LogKeySource {
  readonly keys: readonly Uint8Array[]
  /** Names the variant and its ciphers; see docs/FORMAT.md, Log key. */
  readonly descriptor: string
}

/** K_log = BLAKE2b-256(key = all keys, "coffer/log/1" || descriptor), or `undefined` for a coffer with no keys. */
export function deriveLogKey(sodium: Sodium, { keys, descriptor }: LogKeySource): Uint8Array | undefined {
  if (keys.length === 0) return undefined
  const joined = concat(keys)
  const key = joined.length <= 64 ? joined : sodium.blake2b(joined, 64)
  return sodium.blake2b(utf8(`coffer/log/1${descriptor}`), 32, key)
}

/**
 * Seals records into skippable frames and opens them. A record is bound to its type, the coffer and its own
 * offset in the file, so that content which somebody asks us to store can never be taken for one.
 */
export class RecordCodec {
  readonly #sodium: Sodium
  readonly #key: Uint8Array | undefined
  readonly #variantCode: number
  #id: Uint8Array = new Uint8Array(ID_BYTES)

  /** `key`: from {@link deriveLogKey}; without one, records carry a plain hash that notices corruption, not tampering. */
  constructor(sodium: Sodium, key: Uint8Array | undefined, variantCode: number) {
    this.#sodium = sodium
    this.#key = key
    this.#variantCode = variantCode
  }

  /** The coffer's id goes into all records but the head, which says it. */
  setId(id: Uint8Array): void {
    this.#id = id
  }

  /** Bytes of the frame around a record whose plaintext has `plainBytes` bytes. */
  frameBytes(plainBytes: number): number {
    return FRAME_HEADER_BYTES + RECORD_PREFIX_BYTES + plainBytes + (this.#key ? AEAD_OVERHEAD_BYTES : PLAIN_DIGEST_BYTES)
  }

  /** A skippable frame for the file offset `offset`. */
  seal(type: RecordType, plain: Uint8Array, offset: number): Uint8Array {
    const prefix = new Uint8Array([FORMAT_VERSION, type, this.#variantCode, 0])
    const associated = this.#associated(prefix, type, offset)
    const sealed = this.#key
      ? this.#sodium.aeadSeal(this.#key, associated, plain)
      : concat([plain, this.#sodium.blake2b(concat([associated, plain]), PLAIN_DIGEST_BYTES)])
    return encodeSkippableFrame(SKIPPABLE_MAGIC, concat([prefix, sealed]))
  }

  /**
   * Opens the body of a skippable frame that stands at `offset`.
   * @throws CofferError `ERR_COFFER_AUTH` for anything but an authentic record of this type at this place.
   */
  open(type: RecordType, body: Uint8Array, offset: number): Uint8Array {
    const prefix = body.subarray(0, RECORD_PREFIX_BYTES)
    const sealed = body.subarray(RECORD_PREFIX_BYTES)
    if (prefix[0] !== FORMAT_VERSION || prefix[1] !== type || prefix[2] !== this.#variantCode || prefix[3] !== 0) throw notAuthentic()
    const associated = this.#associated(prefix, type, offset)
    if (this.#key) {
      const plain = this.#sodium.aeadOpen(this.#key, associated, sealed)
      if (!plain) throw notAuthentic()
      return plain
    }
    const plain = sealed.subarray(0, Math.max(0, sealed.length - PLAIN_DIGEST_BYTES))
    const digest = this.#sodium.blake2b(concat([associated, plain]), PLAIN_DIGEST_BYTES)
    if (!equalBytes(digest, sealed.subarray(plain.length))) throw notAuthentic()
    return plain
  }

  /** 32 bytes that pin a record; a pointer to it carries them. */
  digest(body: Uint8Array): Uint8Array {
    return this.#sodium.blake2b(body, 32)
  }

  #associated(prefix: Uint8Array, type: RecordType, offset: number): Uint8Array {
    const id = type === recordTypes.head ? new Uint8Array(ID_BYTES) : this.#id
    return new ByteWriter(64).raw(RECORD_CONTEXT).raw(prefix).raw(id).u64(offset).finish()
  }
}

function notAuthentic(): CofferError {
  return new CofferError('ERR_COFFER_AUTH', 'A record of the coffer is not authentic: the key is wrong, or the file was changed.')
}
