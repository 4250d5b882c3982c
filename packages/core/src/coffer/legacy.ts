import { createChunkReader } from '../cipher/chunk-stream.js'
import type { ChunkCipher } from '../cipher/cipher.js'
import type { Compression, Recipe } from '../engine/engine.js'
import { createCiphers } from '../engine/layout.js'
import { CofferError } from '../errors.js'
import { copyEntry } from '../log/compaction.js'
import type { Log } from '../log/log.js'
import { decodeMarker } from '../log/marker.js'
import type { StorageFile } from '../storage/storage.js'
import { readTar, type TarEntry } from '../tar/reader.js'
import { decodeZstdStream } from '../zstd/stream.js'
import { checkName } from '../tar/names.js'
import { prefetch, rechunk } from './sources.js'
import { MOST_SECONDS } from './member.js'
import type { TaskOptions } from './options.js'

/** What is done with members that begin with a marker of ours: the file had a log once. */
export type Markers = 'refuse' | 'accept'

export interface LegacyOptions extends TaskOptions {
  readonly markers: Markers
  readonly blockBytes: number
}

export interface ImportReport {
  readonly members: number
  /** Plaintext bytes. */
  readonly bytes: number
}

const READ_BYTES = 262_144
/** A file may hold this many times its bytes, and this many more: no archive does by itself, a bomb does. */
export const MOST_EXPANSION = 1000
export const FREE_BYTES = 1_073_741_824

/**
 * Reads a file without a log, as PyCoffer writes it, and puts all its members into `to`, whose changes the caller commits.
 * Each chunk is authentic by itself; that none is missing or moved is known of none.
 */
export async function importLegacy(file: StorageFile, recipe: Recipe, to: Log, options: LegacyOptions): Promise<ImportReport> {
  const { blockBytes, signal, onProgress } = options
  const { catalog, writer } = to
  const ciphers = await createCiphers(recipe)
  const total = await file.size()
  const onRead = (done: number): void => {
    signal?.throwIfAborted()
    onProgress?.({ phase: 'import', done, total })
  }
  const container = decodeZstdStream(openStream(readFile(file, onRead), ciphers.container), { onSkippable: markerGuard('refuse', ignore) })
  const most = total * MOST_EXPANSION + FREE_BYTES
  let bytes = 0
  for await (const entry of readTar(limited(container, most))) {
    const { name } = entry
    if (name === '' || name === '.') continue
    checkName(name)
    const meta = { name, mode: entry.mode & 0o777, mtimeMs: Math.min(MOST_SECONDS, Math.max(0, entry.mtime)) * 1000 }
    catalog.checkPlace(name, entry.type === 'hardlink' ? 'file' : entry.type)
    if (entry.type === 'directory') catalog.put(await writer.putDirectory(meta))
    else if (entry.type === 'symlink') catalog.put(await writer.putSymlink({ ...meta, target: entry.link ?? '' }))
    else if (entry.type === 'hardlink') {
      const target = catalog.get(entry.link ?? '')
      if (target?.type !== 'file') throw new CofferError('ERR_COFFER_DAMAGED', 'The archive holds a hard link to a member that is not there.')
      catalog.put(await copyEntry(to, target, name, { signal }))
    } else {
      let isTombstone = false
      const plain = memberContent(entry, recipe.compression, ciphers.member, markerGuard(options.markers, () => (isTombstone = true)))
      // The marker comes before the first byte, so by then it is known whether this is a deleted member's place.
      const blocks = await prefetch(rechunk(limited(plain, most - bytes), blockBytes), 1, signal)
      if (isTombstone && blocks.isEmpty) {
        // As an empty file without its marker, it would come back when PyCoffer changes this coffer again.
        if (catalog.get(name)?.type === 'file') await writer.putTombstone(name)
        catalog.remove(name)
        continue
      }
      const put = await writer.putFile({ ...meta, blockBytes }, blocks, { signal })
      bytes += put.size
      catalog.put(put)
    }
  }
  return { members: catalog.size, bytes }
}

/** Whether the file is one that PyCoffer wrote with these keys; reads only as far as its first file. */
export async function probeLegacy(file: StorageFile, recipe: Recipe): Promise<void> {
  const ciphers = await createCiphers(recipe)
  const container = decodeZstdStream(openStream(readFile(file, ignore), ciphers.container), {})
  for await (const entry of readTar(container)) {
    if (entry.type !== 'file') continue
    // One piece is enough: it does not come unless the key is right.
    for await (const piece of memberContent(entry, recipe.compression, ciphers.member, ignore)) if (piece.length > 0) return
  }
}

/** The plaintext of a member that stands in a tar. */
export function memberContent(
  entry: TarEntry,
  compression: Compression,
  cipher: ChunkCipher | undefined,
  onSkippable: (magic: number, body: Uint8Array) => void,
): AsyncIterable<Uint8Array> {
  const opened = openStream(entry.content, cipher)
  return compression === 'member' ? decodeZstdStream(opened, { onSkippable }) : opened
}

/** Opens the chunks of a stream one after the other; passes it on where there is no cipher. */
export async function* openStream(source: AsyncIterable<Uint8Array>, cipher: ChunkCipher | undefined): AsyncGenerator<Uint8Array> {
  if (!cipher) {
    yield* source
    return
  }
  const reader = createChunkReader()
  for await (const bytes of source) for (const body of reader.push(bytes)) yield await cipher.open(body)
  reader.end()
}

export function expandsTooMuch(): CofferError {
  return new CofferError('ERR_COFFER_LIMIT', 'The coffer unpacks to more than a thousand times its size, which is refused.')
}

async function* limited(source: AsyncIterable<Uint8Array>, most: number): AsyncGenerator<Uint8Array> {
  let done = 0
  for await (const piece of source) {
    done += piece.length
    if (done > most) throw expandsTooMuch()
    yield piece
  }
}

function markerGuard(markers: Markers, onTombstone: () => void): (magic: number, body: Uint8Array) => void {
  return (magic, body) => {
    const marker = decodeMarker(magic, body)
    if (!marker) return
    if (markers === 'refuse') {
      throw new CofferError(
        'ERR_COFFER_DAMAGED',
        'This was a coffer of ours and its log is gone: it was tampered with, or PyCoffer rewrote it. If you know that PyCoffer did, open it with legacy: "rewritten".',
      )
    }
    if (marker.kind === 'deleted') onTombstone()
  }
}

async function* readFile(file: StorageFile, onRead: (done: number) => void): AsyncGenerator<Uint8Array> {
  for (let at = 0; ; ) {
    const bytes = await file.read(at, READ_BYTES)
    if (bytes.length === 0) return
    at += bytes.length
    onRead(at)
    yield bytes
  }
}

function ignore(): void {
  // Nothing to tell.
}
