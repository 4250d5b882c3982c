/**
 * A cipher of a chunk stream (docs/FORMAT.md, Chunk stream). It turns a piece of plaintext into one chunk
 * body and back; the 32-byte chunk header is not its business.
 *
 * A cipher holds its key. Every `seal` draws a fresh random nonce or IV. Where they are asynchronous, several are under way at once.
 */
export interface ChunkCipher {
  readonly name: string
  /** Bytes of the nonce or IV that {@link seal} takes: asking the system for those of many chunks at once takes as long as for one. */
  readonly nonceBytes?: number | undefined
  /** Bytes of the body that seals `plainBytes` bytes; grows with `plainBytes`. */
  bodyBytes(plainBytes: number): number
  /** The most plaintext bytes whose body fits into `bodyBytes`, or -1 where not even an empty one does. */
  plainCapacity(bodyBytes: number): number
  /**
   * Seals `plain` into `body`, which has exactly `bodyBytes(plain.length)` bytes. `plain` is not kept.
   * @param nonce `nonceBytes` random bytes that were never used before; without it the cipher draws its own.
   */
  seal(plain: Uint8Array, body: Uint8Array, nonce?: Uint8Array): void | Promise<void>
  /**
   * Opens a body. The result is fresh memory, authenticated before it is returned.
   * @throws CofferError `ERR_COFFER_AUTH` for a wrong key or a changed byte.
   */
  open(body: Uint8Array): Uint8Array | Promise<Uint8Array>
  /**
   * The same into the beginning of `out`, which holds `plainCapacity(body.length)` bytes; answers the bytes of plaintext. For a cipher that spares
   * memory by it. Nothing is written before it is authentic.
   */
  openInto?(body: Uint8Array, out: Uint8Array): number
  /**
   * The bytes of `body` that pin its content for whoever lacks the key: nonce and tag. A view or a copy;
   * its length depends on the cipher alone.
   * @throws CofferError `ERR_COFFER_AUTH` where the body is too short or not canonical.
   */
  seals(body: Uint8Array): Uint8Array
}

/** How a {@link ChunkCipher} is made out of a key. */
export interface CipherKind {
  readonly name: string
  readonly keyBytes: number
  create(key: Uint8Array): Promise<ChunkCipher>
}
