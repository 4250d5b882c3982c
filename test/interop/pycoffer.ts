import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { pythonFor, type PycofferVersion } from '../../scripts/setup.mjs'

export type { PycofferVersion } from '../../scripts/setup.mjs'

/** The environments in which everything that PyCoffer must read is tried: see requirements-*.txt. */
export const pycofferVersions: readonly PycofferVersion[] = ['current', 'pyzstd-0.16.2']

/** The four variants of PyCoffer, the bank in what its class writes and in what its documentation describes. */
export type PycofferKind = 'store' | 'market' | 'null' | 'bank-aes' | 'bank-fernet'
export const pycofferKinds: readonly PycofferKind[] = ['store', 'market', 'null', 'bank-aes', 'bank-fernet']

/** Bytes to write: themselves, or a pattern that both sides can make, so that large ones need not cross the pipe. */
export type PycofferData = Uint8Array | string | Pattern
export interface Pattern {
  readonly pattern: 'zeros' | 'text' | 'random'
  readonly size: number
  /** Tells one text or random pattern from another; ASCII. */
  readonly seed?: string
}

export interface PycofferOpenOptions {
  readonly kind: PycofferKind
  readonly path: string
  /** `'r'` if left out. */
  readonly mode?: 'r' | 'w' | 'a' | 'x'
  /** 32 bytes; 16 for `bank-aes`. */
  readonly cofferKey?: Uint8Array | undefined
  readonly secureKey?: Uint8Array | undefined
  readonly autoFlush?: boolean
  readonly backup?: string
  readonly lockType?: 'rw' | 'w'
  readonly lockTimeoutSeconds?: number
}

export interface ContentDigest {
  readonly size: number
  /** Hex. */
  readonly sha256: string
}
export interface PycofferMember {
  readonly name: string
  /** Bytes of the member as PyCoffer extracted it: encoded, not the content's size. */
  readonly storedBytes: number
  /** Seconds. */
  readonly mtime: number
}

/** An exception of Python's: `className` is its class, as in `CryptoError` or `Timeout`. */
export class PycofferError extends Error {
  override readonly name = 'PycofferError'
  readonly className: string
  constructor(className: string, message: string) {
    super(`${className}: ${message}`)
    this.className = className
  }
}

/** A coffer that PyCoffer holds open. Disposing of it closes it, and so writes it. */
export interface PycofferCoffer extends AsyncDisposable {
  members(): Promise<PycofferMember[]>
  read(name: string): Promise<Uint8Array>
  /** As `read`, but only the size and the SHA-256 cross the pipe. */
  digest(name: string): Promise<ContentDigest>
  readAll(): Promise<Record<string, ContentDigest & { readonly mtime: number }>>
  readLines(name: string): Promise<string[]>
  write(name: string, data: PycofferData): Promise<void>
  writeLines(name: string, lines: readonly string[]): Promise<void>
  append(name: string, data: PycofferData): Promise<void>
  /** Seconds. */
  setMtime(name: string, mtime: number): Promise<void>
  delete(name: string): Promise<void>
  add(path: string, name?: string, options?: { readonly replace?: boolean }): Promise<void>
  extract(name: string, directory: string): Promise<void>
  extractAll(directory: string): Promise<void>
  modified(): Promise<boolean>
  flush(options?: { readonly force?: boolean }): Promise<void>
  /** A value that JSON can hold, through Python's pickle. */
  pickleDump(name: string, value: unknown): Promise<void>
  pickleLoad(name: string): Promise<unknown>
  /** A loose file with the coffer's keys, through the `crypt` plugin; `NotImplementedError` for `bank-fernet`. */
  encrypt(source: string, target: string): Promise<void>
  decrypt(source: string, target: string): Promise<void>
  close(): Promise<void>
}

/** A running PyCoffer; disposing of it ends the process, which closes nothing and so writes nothing. */
export interface Pycoffer extends AsyncDisposable {
  versions(): Promise<Record<string, string>>
  /** The processor's time that the process has used: no other process makes it longer. */
  cpuSeconds(): Promise<number>
  open(options: PycofferOpenOptions): Promise<PycofferCoffer>
  /** Takes the lock that PyCoffer takes for a coffer at `path`, without opening one. Disposing releases it. */
  acquireLock(path: string, timeoutSeconds?: number): Promise<AsyncDisposable>
  /** What stands at `path` + `.lock`, without changing it. */
  probeLock(path: string): Promise<{ readonly exists: boolean; readonly locked: boolean }>
  close(): Promise<void>
}

/**
 * Starts the real PyCoffer in one of its environments, which is made first where it is missing.
 * Commands run one after the other, in the order of the calls.
 */
export async function startPycoffer(version: PycofferVersion): Promise<Pycoffer> {
  const python = await pythonFor(version)
  const tempDir = await mkdtemp(join(tmpdir(), 'coffer-pycoffer-'))
  const driver = new Driver(spawn(python, ['-u', join(import.meta.dirname, 'python', 'driver.py'), tempDir]))
  const close = async (): Promise<void> => {
    await driver.end()
    await rm(tempDir, { recursive: true, force: true })
  }
  return {
    versions: () => driver.call('versions'),
    cpuSeconds: () => driver.call('cpu_seconds'),
    open: (options) => openCoffer(driver, options),
    acquireLock: async (path, timeoutSeconds = 0) => {
      const lock = await driver.call<number>('acquire_lock', { path, timeout: timeoutSeconds })
      return { [Symbol.asyncDispose]: () => driver.call<void>('release_lock', { lock }) }
    },
    probeLock: (path) => driver.call('probe_lock', { path }),
    close,
    [Symbol.asyncDispose]: close,
  }
}

async function openCoffer(driver: Driver, options: PycofferOpenOptions): Promise<PycofferCoffer> {
  const coffer = await driver.call<number>('open', {
    kind: options.kind,
    path: options.path,
    mode: options.mode ?? 'r',
    coffer_key: options.cofferKey && toBase64(options.cofferKey),
    secure_key: options.secureKey && toBase64(options.secureKey),
    auto_flush: options.autoFlush,
    backup: options.backup,
    lock_type: options.lockType,
    lock_timeout: options.lockTimeoutSeconds,
  })
  const call = <T>(command: string, args?: object): Promise<T> => driver.call<T>(command, { ...args, coffer })
  let closing: Promise<void> | undefined
  const close = (): Promise<void> => (closing ??= call<void>('close'))
  return {
    members: () => call('members'),
    read: async (name) => {
      const { base64 } = await call<{ base64: string }>('read', { name, data: true })
      return new Uint8Array(Buffer.from(base64, 'base64'))
    },
    digest: (name) => call('read', { name }),
    readAll: () => call('read_all'),
    readLines: (name) => call('read_lines', { name }),
    write: (name, data) => call('write', { name, data: toSpec(data) }),
    writeLines: (name, lines) => call('write_lines', { name, lines }),
    append: (name, data) => call('append', { name, data: toSpec(data) }),
    setMtime: (name, mtime) => call('set_mtime', { name, mtime }),
    delete: (name) => call('delete', { name }),
    add: (path, name, { replace } = {}) => call('add', { path, name, replace }),
    extract: (name, path) => call('extract', { name, path }),
    extractAll: (path) => call('extract_all', { path }),
    modified: () => call('modified'),
    flush: ({ force } = {}) => call('flush', { force }),
    pickleDump: (name, value) => call('pickle_dump', { name, value }),
    pickleLoad: (name) => call('pickle_load', { name }),
    encrypt: (source, target) => call('encrypt', { source, target }),
    decrypt: (source, target) => call('decrypt', { source, target }),
    close,
    [Symbol.asyncDispose]: close,
  }
}

/** The bytes that PyCoffer writes for a pattern; the same as `bytes_of` in driver.py. */
export function patternBytes({ pattern, size, seed = '' }: Pattern): Uint8Array {
  if (pattern === 'zeros') return new Uint8Array(size)
  if (pattern === 'text') return new Uint8Array(Buffer.alloc(size, `The quick brown fox ${seed} jumps over the lazy dog.\n`))
  if (size === 0) return new Uint8Array()
  return new Uint8Array(createHash('shake128', { outputLength: size }).update(seed).digest())
}

/** The size and digest of bytes, to compare with what PyCoffer says of a member. */
export function digestOf(bytes: Uint8Array): ContentDigest {
  return { size: bytes.length, sha256: createHash('sha256').update(bytes).digest('hex') }
}

function toSpec(data: PycofferData): object {
  if (typeof data === 'string') return { base64: toBase64(Buffer.from(data)) }
  return data instanceof Uint8Array ? { base64: toBase64(data) } : { seed: '', ...data }
}

function toBase64(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('base64')
}

interface Answer {
  readonly id: number
  readonly result?: unknown
  readonly error?: { readonly class: string; readonly message: string }
}

/** The pipe to driver.py: numbered commands out, answers in. */
class Driver {
  readonly #child: ChildProcessWithoutNullStreams
  readonly #pending = new Map<number, PromiseWithResolvers<unknown>>()
  readonly #ended: Promise<void>
  #lastId = 0
  #stderr = ''

  constructor(child: ChildProcessWithoutNullStreams) {
    this.#child = child
    createInterface(child.stdout).on('line', (line) => this.#settle(JSON.parse(line) as Answer))
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      this.#stderr = (this.#stderr + text).slice(-4000)
    })
    // A write to a process that has died fails here; the pending calls are rejected by its end.
    child.stdin.on('error', () => {})
    this.#ended = new Promise((resolve) => {
      const end = (how: string): void => {
        for (const { reject } of this.#pending.values()) reject(new Error(`The PyCoffer process ended (${how}).\n${this.#stderr}`))
        this.#pending.clear()
        resolve()
      }
      child.once('error', (error) => end(error.message))
      child.once('close', (code, signal) => end(`exit code ${code ?? signal}`))
    })
  }

  call<T>(command: string, args: object = {}): Promise<T> {
    const id = ++this.#lastId
    const { promise, resolve, reject } = withResolvers<unknown>()
    if (this.#child.exitCode !== null || this.#child.signalCode !== null || this.#child.stdin.writableEnded) {
      return Promise.reject(new Error(`The PyCoffer process has ended.\n${this.#stderr}`))
    }
    this.#pending.set(id, { promise, resolve, reject })
    this.#child.stdin.write(`${JSON.stringify({ ...args, id, command })}\n`)
    return promise as Promise<T>
  }

  async end(): Promise<void> {
    this.#child.stdin.end()
    const killer = setTimeout(() => this.#child.kill('SIGKILL'), 10_000)
    await this.#ended
    clearTimeout(killer)
  }

  #settle({ id, result, error }: Answer): void {
    const call = this.#pending.get(id)
    this.#pending.delete(id)
    if (error === undefined) call?.resolve(result)
    else call?.reject(new PycofferError(error.class, error.message))
  }
}

interface PromiseWithResolvers<T> {
  readonly promise: Promise<T>
  readonly resolve: (value: T) => void
  readonly reject: (reason: unknown) => void
}

/** `Promise.withResolvers`, which Node 20 does not have. */
function withResolvers<T>(): PromiseWithResolvers<T> {
  let resolve!: (value: T) => void
  let reject!: (reason: unknown) => void
  const promise = new Promise<T>((...settlers) => {
    ;[resolve, reject] = settlers
  })
  return { promise, resolve, reject }
}
