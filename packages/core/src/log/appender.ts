import type { BlockInput, EncodedExtent, EncodeOptions } from '../engine/engine.js'
import { encodeCrumb } from './commit.js'
import type { RecordRef } from './entry.js'
import type { LogFile } from './log-file.js'
import { syncFile } from './poison.js'
import { recordTypes, type RecordType } from './record.js'

/** Uncommitted bytes after which a crumb tells where the last commit is. */
const CRUMB_EVERY_BYTES = 67_108_864
/** Many files may end within a moment. */
const TRUST_OWNER_MS = 50
/** After so much the disk is told to begin. */
const SYNC_BEHIND_BYTES = 8_388_608

/** Told the lengths of the coded blocks and where their extent begins; answers what stands around them, and the length of the container's frame. */
export type PlaceBlocks = (
  lengths: readonly number[],
  fileOffset: number,
) => { readonly memberOffset: number; readonly between: readonly Uint8Array[]; readonly frameBytes: number }

/**
 * The uncommitted end of a file. Whoever appends takes a place in a queue, so that bytes stand in the order of the calls though they are
 * coded side by side.
 */
export class Appender {
  readonly log: LogFile
  /** Checks that the file is still ours, before bytes that make others count are written; not again within so many milliseconds. */
  readonly #assertOwner: (trustMs: number) => Promise<void>
  #tail: number
  /** The file ends here at the latest: behind the tail where something was taken back. */
  #highest: number
  #lastLandmark: number
  #lastCommitOffset: number
  #placing: Promise<unknown> = Promise.resolve()
  #unsynced = 0

  constructor(log: LogFile, tail: number, lastCommitOffset: number, assertOwner: (trustMs: number) => Promise<void>) {
    this.log = log
    this.#tail = tail
    this.#highest = tail
    this.#lastLandmark = tail
    this.#lastCommitOffset = lastCommitOffset
    this.#assertOwner = assertOwner
  }

  /** Where the next byte goes. */
  get tail(): number {
    return this.#tail
  }

  /** A committed file ends here. */
  committed(commitOffset: number): void {
    this.#lastCommitOffset = commitOffset
    this.#lastLandmark = this.#tail
  }

  /** Goes on at `tail`, before the place reached by now. What stands there is written over, or cut by {@link trim}. */
  rewind(tail: number): void {
    this.#tail = tail
    this.#lastLandmark = Math.min(this.#lastLandmark, tail)
  }

  /** Takes back what was appended behind `tail`. */
  async cut(tail: number): Promise<void> {
    this.rewind(tail)
    await this.trim()
  }

  /** Cuts what stands behind the tail, so that a commit can be the file's end. */
  async trim(): Promise<void> {
    if (this.#highest <= this.#tail) return
    await this.#assertOwner(0)
    await this.log.file.truncate(this.#tail)
    // Without this, a crash could leave the old bytes in the place of what comes there next.
    await syncFile(this.log.file)
    this.#highest = this.#tail
  }

  /** Runs `action` when all places before this one are taken; nobody else moves the tail meanwhile. */
  async inTurn<T>(action: () => Promise<T>): Promise<T> {
    const turn = this.#turn()
    await turn.come
    try {
      return await action()
    } finally {
      turn.done()
    }
  }

  /** Codes blocks and writes them at the tail, in the order of the calls. */
  async encode(inputs: readonly BlockInput[], place: PlaceBlocks, options?: EncodeOptions): Promise<EncodedExtent> {
    const { coder, layout } = this.log.codecs
    const into = coder.usesFiles ? this.log.file.direct : undefined
    const turn = this.#turn()
    let fileOffset = 0
    try {
      const sealed = await coder.encode(
        inputs,
        async (lengths) => {
          await turn.come
          await this.#dropCrumb()
          fileOffset = this.#tail
          const { memberOffset, between, frameBytes } = place(lengths, fileOffset)
          this.keepFree(layout.fileBytes(fileOffset, frameBytes))
          this.#highest = Math.max(this.#highest, this.#tail)
          turn.done()
          return { fileOffset, memberOffset, between }
        },
        { ...options, into },
      )
      if (sealed.bytes) await this.#write(fileOffset, sealed.bytes)
      this.#unsynced += sealed.length
      if (this.#unsynced >= SYNC_BEHIND_BYTES) {
        this.#unsynced = 0
        this.log.file.syncBehind?.()
      }
      return sealed
    } finally {
      turn.done()
    }
  }

  /** Leaves `bytes` at the tail for {@link fill}; in turn. Where they begin. */
  keepFree(bytes: number): number {
    const start = this.#tail
    this.#tail += bytes
    return start
  }

  /** Seals `frames` into a place that was kept free for them. */
  async fill(start: number, frames: Uint8Array): Promise<void> {
    await this.#assertOwner(TRUST_OWNER_MS)
    await this.#write(start, await this.log.sealFrames(frames, start))
  }

  /** Seals `frames` and writes them at the tail; in turn. */
  async writeFrames(frames: Uint8Array): Promise<void> {
    await this.#append(await this.log.sealFrames(frames, this.#tail))
  }

  /** Seals a record and writes it at the tail; in turn. */
  async writeRecord(type: RecordType, plain: Uint8Array): Promise<RecordRef> {
    const { bytes, ref } = await this.log.sealRecord(type, plain, this.#tail)
    await this.#append(bytes)
    return ref
  }

  /** Seals a record of a commit's length and writes it at the tail; in turn. */
  async writeFixed(type: RecordType, plain: Uint8Array): Promise<RecordRef> {
    const { bytes, ref } = await this.log.sealFixed(type, plain, this.#tail)
    await this.#append(bytes)
    return ref
  }

  /** Takes a place in the queue for the tail, now. */
  #turn(): { come: Promise<unknown>; done: () => void } {
    const come = this.#placing
    let done = (): void => undefined
    // Whoever gives his turn up before it has come lets nobody pass those before him.
    this.#placing = new Promise<void>((resolve) => {
      done = () => void come.then(() => resolve())
    })
    return { come, done }
  }

  async #dropCrumb(): Promise<void> {
    if (this.#tail - this.#lastLandmark < CRUMB_EVERY_BYTES || this.#lastCommitOffset === 0) return
    await this.writeFixed(recordTypes.crumb, encodeCrumb(this.#lastCommitOffset))
    this.#lastLandmark = this.#tail
  }

  async #append(bytes: Uint8Array): Promise<void> {
    await this.#write(this.#tail, bytes)
    this.#tail += bytes.length
  }

  async #write(offset: number, bytes: Uint8Array): Promise<void> {
    this.#highest = Math.max(this.#highest, offset + bytes.length)
    await this.log.file.write(offset, bytes)
  }
}
