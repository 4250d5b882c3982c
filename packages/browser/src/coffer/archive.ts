import { encodeHeader, paddingBytes, toMember, type MemberContent } from '@coffer/core/internal'
import type { makeZip } from 'client-zip'

/** `tar` keeps everything; `zip` is what more people can open, and has no symlinks. Neither is compressed or encrypted. */
export type ArchiveFormat = 'tar' | 'zip'

/** Bytes of the end of a tar archive. */
const TAR_END_BYTES = 1024

/** An archive of members, made while it is read. */
export function archiveOf(members: AsyncIterable<MemberContent>, format: ArchiveFormat): AsyncIterable<Uint8Array> {
  if (format !== 'tar' && format !== 'zip') throw new TypeError('`format` is "tar" or "zip".')
  return format === 'tar' ? tarOf(members) : zipOf(members)
}

async function* tarOf(members: AsyncIterable<MemberContent>): AsyncGenerator<Uint8Array> {
  for await (const { entry, blocks } of members) {
    const { name, type, size, mode, mtimeMs, target } = toMember(entry)
    yield encodeHeader({ name, type, size, mode, mtime: Math.floor(mtimeMs / 1000), ...(target === undefined ? {} : { link: target }) })
    yield* blocks()
    yield new Uint8Array(paddingBytes(size))
  }
  yield new Uint8Array(TAR_END_BYTES)
}

async function* zipOf(members: AsyncIterable<MemberContent>): AsyncGenerator<Uint8Array> {
  const { makeZip } = await import('client-zip')
  yield* makeZip(zipEntries(members))
}

type ZipEntry = Parameters<typeof makeZip>[0] extends AsyncIterable<infer T> | Iterable<infer T> ? T : never

async function* zipEntries(members: AsyncIterable<MemberContent>): AsyncGenerator<ZipEntry> {
  for await (const { entry, blocks } of members) {
    const { name, type, size, mtime, mode } = toMember(entry)
    if (type === 'directory') yield { name: `${name}/`, lastModified: mtime, mode }
    if (type === 'file') yield { name, lastModified: mtime, mode, size, input: blocks() as AsyncIterable<Uint8Array<ArrayBuffer>> }
  }
}
