import { isZero } from '../bytes/bytes.js'
import { CHUNK_HEADER_BYTES } from '../cipher/chunk-stream.js'
import type { ChunkCipher } from '../cipher/cipher.js'
import type { Recipe } from '../engine/engine.js'
import { createCiphers } from '../engine/layout.js'
import { CofferError, isCofferError } from '../errors.js'
import type { Log } from '../log/log.js'
import { LONGEST_BYTES, ScanInput, scanChunks } from '../log/chunk-scan.js'
import { decodeMarker } from '../log/marker.js'
import { frameStarts } from '../log/frame-starts.js'
import type { StorageFile } from '../storage/storage.js'
import { nameProblem } from '../tar/names.js'
import { readTar, type TarEntry } from '../tar/reader.js'
import { decodeZstdStream } from '../zstd/stream.js'
import { expandsTooMuch, FREE_BYTES, memberContent, MOST_EXPANSION } from './legacy.js'
import { MOST_SECONDS } from './member.js'
import type { TaskOptions } from './options.js'
import { rechunk } from './sources.js'

/** A piece of the file by itself: a chunk that verifies, or, without a container cipher, what begins like a frame. */
interface Unit {
  readonly offset: number
  readonly length: number
  /** Whether something before it does not verify. */
  readonly afterGap: boolean
}

/**
 * Reads a file by its tar stream alone, as far as it can be decoded, and puts what it finds into `to`; of a name that comes again, the
 * last counts. Goes on behind what does not verify. Resolves to how many bytes of which members are there, where some are missing.
 */
export async function salvageArchive(
  file: StorageFile,
  recipe: Recipe,
  to: Log,
  options: TaskOptions & { readonly blockBytes: number },
): Promise<ReadonlyMap<string, number>> {
  const { container, member } = await createCiphers(recipe)
  const source = new UnitSource(file, container, options)
  const units = await source.list()
  const cut = new Map<string, number>()
  const room = { left: (await file.size()) * MOST_EXPANSION + FREE_BYTES }
  // A hostile file could be one in which each attempt goes far, and finds nothing.
  let attempts = (units.length + (await file.size()) / PIECE_BYTES) * MOST_ATTEMPTS + FREE_ATTEMPTS
  for (let start = 0; start < units.length && attempts > 0; ) {
    options.signal?.throwIfAborted()
    let used = 0
    let done = 1
    const run = source.run(units, start, (isUnit) => {
      attempts -= 1
      if (isUnit) used += 1
    })
    try {
      for await (const entry of readTar(decodeZstdStream(run, {}))) {
        await putEntry(entry, to, { recipe, cipher: member, cut, room, ...options })
        // What was read by now, but for the unit that is at work: where to go on if the next header is none.
        done = Math.max(1, used - 1)
      }
      done = Math.max(1, used)
    } catch (error) {
      if (!isDamage(error)) throw error
    }
    start += done
  }
  return cut
}

/**
 * Frames are read in pieces: one may reach to the next, with anything between. A block of zstd has at most 131,072 bytes behind a header
 * that is not zeros, so that a piece of zeros alone is in no frame.
 */
const PIECE_BYTES = 262_144
/** How often each unit or piece is read, on average. */
const MOST_ATTEMPTS = 8
const FREE_ATTEMPTS = 10_000

interface PutContext {
  readonly recipe: Recipe
  readonly cipher: ChunkCipher | undefined
  readonly blockBytes: number
  readonly cut: Map<string, number>
  /** Plaintext bytes that may still come. */
  readonly room: { left: number }
}

async function putEntry(entry: TarEntry, { catalog, writer }: Log, context: PutContext): Promise<void> {
  const { recipe, cipher, blockBytes, cut, room } = context
  const { name } = entry
  if (name === '' || name === '.' || nameProblem(name) !== undefined || entry.type === 'hardlink') return
  const meta = { name, mode: entry.mode & 0o777, mtimeMs: Math.min(MOST_SECONDS, Math.max(0, entry.mtime)) * 1000 }
  // What an older entry of another type has left.
  const before = catalog.get(name)
  if (before && before.type !== entry.type && !catalog.hasBelow(name)) catalog.remove(name)
  try {
    catalog.checkPlace(name, entry.type)
  } catch (error) {
    if (isCofferError(error, 'ERR_COFFER_CONFLICT')) return
    throw error
  }
  if (entry.type === 'directory') catalog.put(await writer.putDirectory(meta))
  else if (entry.type === 'symlink') catalog.put(await writer.putSymlink({ ...meta, target: entry.link ?? '' }))
  else {
    let isTombstone = false
    let missing = false
    const onSkippable = (magic: number, body: Uint8Array): void => {
      if (decodeMarker(magic, body)?.kind === 'deleted') isTombstone = true
    }
    const plain = limited(memberContent(entry, recipe.compression, cipher, onSkippable), room)
    const content = untilDamage(plain, () => (missing = true))
    const put = await writer.putFile({ ...meta, blockBytes }, rechunk(content, blockBytes), {})
    if (missing) cut.set(name, put.size)
    else cut.delete(name)
    if ((isTombstone || missing) && put.size === 0) catalog.remove(name)
    else catalog.put(put)
  }
}

async function* limited(content: AsyncIterable<Uint8Array>, room: { left: number }): AsyncGenerator<Uint8Array> {
  for await (const piece of content) {
    room.left -= piece.length
    if (room.left < 0) throw expandsTooMuch()
    yield piece
  }
}

async function* untilDamage(content: AsyncIterable<Uint8Array>, onDamage: () => void): AsyncGenerator<Uint8Array> {
  try {
    yield* content
  } catch (error) {
    if (!isDamage(error)) throw error
    onDamage()
  }
}

function isDamage(error: unknown): boolean {
  return ['ERR_COFFER_AUTH', 'ERR_COFFER_DAMAGED', 'ERR_COFFER_LIMIT', 'ERR_COFFER_UNSUPPORTED'].some(
    (code) => error instanceof CofferError && error.code === code,
  )
}

/** Finds units in a file and reads them. */
class UnitSource {
  readonly #file: StorageFile
  readonly #cipher: ChunkCipher | undefined
  readonly #options: TaskOptions

  constructor(file: StorageFile, cipher: ChunkCipher | undefined, options: TaskOptions) {
    this.#file = file
    this.#cipher = cipher
    this.#options = options
  }

  async list(): Promise<Unit[]> {
    return this.#cipher ? this.#chunks(this.#cipher) : this.#frames()
  }

  /** The plaintext of units from one on, up to the next gap. */
  async *run(units: readonly Unit[], start: number, onRead: (isUnit: boolean) => void): AsyncGenerator<Uint8Array> {
    const step = this.#cipher ? LONGEST_BYTES + CHUNK_HEADER_BYTES : PIECE_BYTES
    for (let at = start; at < units.length; at++) {
      const { offset, length, afterGap } = units[at] as Unit
      if (at > start && afterGap) return
      for (let done = 0; done < length; done += step) {
        this.#options.signal?.throwIfAborted()
        const bytes = await this.#file.read(offset + done, Math.min(step, length - done))
        onRead(done === 0)
        if (this.#cipher) yield await this.#cipher.open(bytes.subarray(CHUNK_HEADER_BYTES))
        else if (bytes.length === step && isZero(bytes)) return
        else yield bytes
      }
    }
  }

  async #chunks(cipher: ChunkCipher): Promise<Unit[]> {
    const { signal } = this.#options
    const total = await this.#file.size()
    const units: Unit[] = []
    let last = 0
    const input = await ScanInput.of(this.#file, { signal, onBytes: (done) => this.#step(done, total) })
    for await (const { offset, end } of scanChunks(input, cipher)) {
      units.push({ offset, length: end - offset, afterGap: offset !== last })
      last = end
    }
    return units
  }

  async #frames(): Promise<Unit[]> {
    const size = await this.#file.size()
    const starts: number[] = []
    for await (const start of frameStarts(this.#file, 0, size, (at) => this.#step(at, size))) starts.push(start)
    return starts.map((offset, i) => ({ offset, length: (starts[i + 1] ?? size) - offset, afterGap: false }))
  }

  #step(done: number, total: number): void {
    this.#options.signal?.throwIfAborted()
    this.#options.onProgress?.({ phase: 'search', done, total })
  }
}
