import { inOrder, onAbort, readMembers, Slots, toMember, type Entry, type Log, type MemberContent } from '@coffer/core/internal'
import type { ExtractOptions, ExtractReport } from './browser-coffer.js'
import { DirectoryWriter } from './directory-writer.js'
import { tapped, totalBytes } from './tapped.js'

/** Files that are written at once when a tree is extracted; larger ones only so many, each with several blocks in memory. */
const FILES_AT_ONCE = 8
const LARGE_FILES_AT_ONCE = 2
const LARGE_FILE_BYTES = 4_194_304

/** Writes members below a directory, several at once. */
export async function extractEntries(log: Log, entries: readonly Entry[], target: FileSystemDirectoryHandle, options: ExtractOptions): Promise<ExtractReport> {
  const tree = new DirectoryWriter(target, options.overwrite ?? true)
  const { signal, onProgress } = options
  const total = totalBytes(entries)
  log.file.codecs.coder.expect?.(total, 'decode')
  let files = 0
  let bytes = 0
  const onBytes = (more: number): void => {
    bytes += more
    onProgress?.({ phase: 'extract', done: bytes, total })
  }
  const failing = new AbortController()
  const stop = onAbort(signal, () => failing.abort(signal?.reason))
  const large = new Slots(LARGE_FILES_AT_ONCE)
  const write = async ({ entry, blocks }: MemberContent): Promise<void> => {
    const isLarge = toMember(entry).size > LARGE_FILE_BYTES
    if (isLarge) await large.take(failing.signal)
    try {
      failing.signal.throwIfAborted()
      if (entry.type === 'directory') await tree.directory(entry.name)
      else if (entry.type === 'symlink') tree.symlink(entry.name)
      else if (await tree.file(entry.name, tapped(blocks(), failing.signal, onBytes))) files += 1
    } catch (error) {
      // The others are not written to their end.
      failing.abort(error)
      throw error
    } finally {
      if (isLarge) large.release()
    }
  }
  try {
    signal?.throwIfAborted()
    const members = readMembers(log.reader, entries, { signal: failing.signal })
    for await (const _ of inOrder(members, FILES_AT_ONCE, write));
  } finally {
    stop()
  }
  return { files, bytes, problems: tree.problems }
}
