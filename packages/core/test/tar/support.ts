import { execFileSync } from 'node:child_process'
import { concat, utf8 } from '../../src/bytes/bytes.js'
import { encodeHeader, paddingBytes, type TarMeta } from '../../src/tar/header.js'
import { readTar, type TarEntry } from '../../src/tar/reader.js'
import { collect, inPieces } from '../zstd/support.js'

export interface Read extends Omit<TarEntry, 'content'> {
  readonly content: Uint8Array
}

export const meta: TarMeta = { name: 'a', type: 'file', size: 0, mode: 0o644, mtime: 0 }

/** An archive of ours, without an end, as in a coffer. */
export function archive(entries: readonly (Partial<TarMeta> & { readonly content?: Uint8Array })[]): Uint8Array {
  return concat(
    entries.flatMap(({ content = new Uint8Array(0), ...fields }) => [
      encodeHeader({ ...meta, size: content.length, ...fields }),
      content,
      new Uint8Array(paddingBytes(content.length)),
    ]),
  )
}

export async function readAll(bytes: Uint8Array, pieceBytes: number = bytes.length): Promise<Read[]> {
  const entries: Read[] = []
  for await (const { content, ...entry } of readTar(inPieces(bytes, Math.max(1, pieceBytes)))) {
    entries.push({ ...entry, content: await collect(content) })
  }
  return entries
}

/** What a Python script writes to its standard output when given `input`. */
export function python(script: string, input: Uint8Array = new Uint8Array(0)): Uint8Array {
  return new Uint8Array(execFileSync('python3', ['-c', script], { input, maxBuffer: 2 ** 28 }))
}

/** A header block with fields written over and the checksum made right again. */
export function forge(block: Uint8Array, fields: readonly (readonly [at: number, value: string | Uint8Array])[]): Uint8Array {
  const out = block.slice()
  for (const [at, value] of fields) out.set(typeof value === 'string' ? utf8(value) : value, at)
  let sum = 8 * 0x20
  for (let i = 0; i < 512; i++) if (i < 148 || i >= 156) sum += out[i] as number
  out.set(utf8(`${sum.toString(8).padStart(6, '0')}\0 `), 148)
  return out
}

/** An extended header of any type and body. */
export function extended(typeFlag: string, body: string | Uint8Array): Uint8Array {
  const bytes = typeof body === 'string' ? utf8(body) : body
  const head = forge(encodeHeader({ ...meta, size: bytes.length }), [[156, typeFlag]])
  return concat([head, bytes, new Uint8Array(paddingBytes(bytes.length))])
}

/** A pax record. */
export function record(key: string, value: string): string {
  const rest = utf8(` ${key}=${value}\n`).length
  let length = rest + 1
  while (length !== rest + String(length).length) length = rest + String(length).length
  return `${length} ${key}=${value}\n`
}
