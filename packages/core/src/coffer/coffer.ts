import type { PluginInfo } from '../plugins/plugin.js'
import type { CofferFile, FileOptions } from './file-handle.js'
import type { Member } from './member.js'
import type { OpenMode, RecoveryReport, TaskOptions } from './options.js'
import type { WriteData } from './sources.js'
import type { ValueCodec } from './values.js'
import type { CofferKeys, Variant } from './variants.js'
import type { VerifyReport } from './verify.js'

/**
 * An open coffer. Every method may be called at the same time as any other: changes happen one after the other, in the order
 * of the calls; what is read is the state before or after a change, never between.
 *
 * After `close()` every method rejects with `ERR_COFFER_CLOSED`. Changing one that was opened for reading rejects with
 * `ERR_COFFER_READ_ONLY`; a member that is not there with `ERR_COFFER_NOT_FOUND`; changed bytes with `ERR_COFFER_AUTH`.
 */
export interface Coffer extends AsyncDisposable {
  readonly variant: Variant
  readonly mode: OpenMode
  readonly writable: boolean
  /** Whether there are changes that were not flushed. */
  readonly modified: boolean
  readonly closed: boolean
  /** Names the coffer for life, in hex. */
  readonly id: string
  /** Number of commits so far; 0 for a new coffer before its first. */
  readonly generation: number
  /** Pins the last commit and all before, in hex. Remember it with `id` and `generation` to notice an older copy later. */
  readonly fingerprint: string
  /** What opening left behind, where the file did not end in a commit. */
  readonly recovered: RecoveryReport | undefined

  /**
   * Writes a file, replacing one of that name. All or nothing: when it fails or is aborted the old one stays.
   * A stream longer than 8 MiB holds back other changes until it ends.
   * @throws CofferError `ERR_COFFER_NAME` or `ERR_COFFER_CONFLICT` for the name, `ERR_COFFER_FULL` for lack of space.
   */
  write(name: string, data: WriteData, options?: WriteOptions): Promise<Member>
  /** The bytes of a file from `start` up to `end`, which are cut to its size. They are authentic, and the caller's. */
  read(name: string, options?: ReadOptions): Promise<Uint8Array<ArrayBuffer>>
  /**
   * A file as text, without a byte order mark; UTF-8 unless another `encoding` is given.
   * @throws TypeError for bytes that are not in that encoding.
   */
  readText(name: string, options?: ReadTextOptions): Promise<string>
  /** The lines of a text file, without their ends, `\n` or `\r\n`; with `start` or `end`, of the text between these bytes. */
  readLines(name: string, options?: ReadTextOptions): Promise<string[]>
  /** The same one by one, reading as they are asked for. */
  lines(name: string, options?: ReadTextOptions): AsyncIterable<string>
  /** Writes a text file of these lines, each ended by `\n`. @throws TypeError for a line that holds `\n` or ends in `\r`: it would be read otherwise. */
  writeLines(name: string, lines: Iterable<string> | AsyncIterable<string>, options?: WriteOptions): Promise<Member>
  /** Adds to the end of a file, which is made if there is none. What the file holds is copied, not decoded. */
  append(name: string, data: WriteData, options?: WriteOptions): Promise<Member>
  /** A handle on one file. What is written through it becomes a member when it is closed, and not before. */
  file(name: string, mode?: OpenMode, options?: FileOptions & { readonly encoding?: undefined }): Promise<CofferFile<Uint8Array<ArrayBuffer>>>
  file(name: string, mode: OpenMode | undefined, options: FileOptions & { readonly encoding: string }): Promise<CofferFile<string>>
  file(name: string, mode?: OpenMode, options?: FileOptions): Promise<CofferFile>
  /** Makes a directory, which may be empty; nothing happens if it is there. Files need none to stand in. */
  makeDirectory(name: string, options?: MetaOptions): Promise<Member>
  /** Makes a symlink, replacing one of that name. Nothing in a coffer follows it. */
  link(name: string, target: string, options?: MetaOptions): Promise<Member>

  /** What is known of a member, or `undefined`. */
  stat(name: string): Promise<Member | undefined>
  has(name: string): Promise<boolean>
  /** All members whose name begins with `prefix`, in the order in which they came in; the state at the time of the call. */
  members(prefix?: string): AsyncIterable<Member>
  /**
   * Deletes a member; with `recursive`, all below a directory too. `purge` rewrites the file, so that the content is gone
   * from it when this resolves (not from the disk, snapshots or copies).
   * @throws CofferError `ERR_COFFER_NOT_EMPTY` for a directory with members, without `recursive`.
   */
  delete(name: string, options?: DeleteOptions): Promise<void>
  /** Renames a member, or a directory with all below it. Their stored bytes are copied. @throws CofferError `ERR_COFFER_EXISTS`. */
  move(from: string, to: string, options?: TaskOptions): Promise<void>

  /** Writes a value, as JSON unless a codec is given. */
  dump(name: string, value: unknown, options?: WriteOptions & { readonly codec?: ValueCodec | undefined }): Promise<Member>
  /** Reads a value that {@link dump} wrote. It is as trustworthy as whoever had the keys; check its shape. */
  load(name: string, options?: { readonly codec?: ValueCodec | undefined }): Promise<unknown>

  /** Commits what changed; with `force`, makes a commit in any case. */
  flush(options?: { readonly force?: boolean | undefined }): Promise<void>
  /** Rewrites the file without what is dead, in one atomic step. */
  compact(options?: TaskOptions): Promise<void>
  /** Seals everything anew under other keys. Whoever has the old ones cannot read the file any more (but copies of it). */
  rekey(keys: CofferKeys, options?: TaskOptions): Promise<void>
  /** Reads everything and names what does not verify. */
  verify(options?: TaskOptions): Promise<VerifyReport>
  /** The plugins that there are, not loaded. */
  readonly plugins: readonly PluginInfo[]
  /** The plugin of that name, made when first asked for. @throws CofferError `ERR_COFFER_PLUGIN`. */
  plugin<T = unknown>(name: string): Promise<T>

  /**
   * Commits, compacts where more than half is dead, and lets go of file and lock. May be called twice. When the commit fails
   * the coffer stays open, so that nothing is lost; {@link discard} gives the changes up. Write handles that are open are closed first; where
   * one cannot be, all else is committed and closed, and then this rejects with its error.
   */
  close(): Promise<void>
  /** Closes without committing. May be called after a failed `close()`. */
  discard(): Promise<void>
}

export interface MetaOptions {
  /** Permission bits, 0 to 0o777. */
  readonly mode?: number | undefined
  /** A date, or milliseconds since 1970; now where nothing is said. */
  readonly mtime?: Date | number | undefined
}

export interface WriteOptions extends MetaOptions, TaskOptions {
  /** With `false`, `ERR_COFFER_EXISTS` where there is a member of that name. */
  readonly replace?: boolean | undefined
}

export interface ReadOptions extends TaskOptions {
  readonly start?: number | undefined
  readonly end?: number | undefined
}

export interface ReadTextOptions extends ReadOptions {
  /** A label that `TextDecoder` knows, such as `utf-16le` or `latin1`. */
  readonly encoding?: string | undefined
}

export interface DeleteOptions extends TaskOptions {
  readonly recursive?: boolean | undefined
  readonly purge?: boolean | undefined
}
