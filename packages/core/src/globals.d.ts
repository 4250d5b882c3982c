// The few globals that browsers, workers and Node share and that core stands on. Core is compiled with
// neither the DOM's nor Node's types, so that anything else is a compile error.

declare class TextEncoder {
  encode(text?: string): Uint8Array<ArrayBuffer>
  encodeInto(text: string, into: Uint8Array): { read: number; written: number }
}
declare class TextDecoder {
  constructor(label?: string, options?: { fatal?: boolean; ignoreBOM?: boolean })
  readonly encoding: string
  decode(bytes?: ArrayBufferView | ArrayBuffer, options?: { stream?: boolean }): string
}

interface AbortSignal {
  readonly aborted: boolean
  readonly reason: unknown
  throwIfAborted(): void
  addEventListener(type: 'abort', listener: () => void, options?: { once?: boolean }): void
  removeEventListener(type: 'abort', listener: () => void): void
}
declare class AbortController {
  readonly signal: AbortSignal
  abort(reason?: unknown): void
}

interface ReadableStreamReadResult<T> {
  readonly done: boolean
  readonly value: T | undefined
}
interface ReadableStreamDefaultReader<T> {
  read(): Promise<ReadableStreamReadResult<T>>
  cancel(reason?: unknown): Promise<void>
  releaseLock(): void
}
interface ReadableStreamDefaultController<T> {
  readonly desiredSize: number | null
  enqueue(chunk: T): void
  close(): void
  error(reason?: unknown): void
}
interface UnderlyingSource<T> {
  start?(controller: ReadableStreamDefaultController<T>): void | Promise<void>
  pull?(controller: ReadableStreamDefaultController<T>): void | Promise<void>
  cancel?(reason?: unknown): void | Promise<void>
}
interface QueuingStrategy {
  highWaterMark?: number
}
declare class ReadableStream<T = unknown> {
  constructor(source?: UnderlyingSource<T>, strategy?: QueuingStrategy)
  readonly locked: boolean
  getReader(): ReadableStreamDefaultReader<T>
  cancel(reason?: unknown): Promise<void>
  pipeThrough<U>(transform: { readable: ReadableStream<U>; writable: WritableStream<T> }): ReadableStream<U>
  pipeTo(target: WritableStream<T>, options?: { signal?: AbortSignal }): Promise<void>
}
interface WritableStreamDefaultController {
  error(reason?: unknown): void
}
interface UnderlyingSink<T> {
  start?(controller: WritableStreamDefaultController): void | Promise<void>
  write?(chunk: T, controller: WritableStreamDefaultController): void | Promise<void>
  close?(): void | Promise<void>
  abort?(reason?: unknown): void | Promise<void>
}
interface WritableStreamDefaultWriter<T> {
  readonly ready: Promise<void>
  write(chunk: T): Promise<void>
  close(): Promise<void>
  abort(reason?: unknown): Promise<void>
  releaseLock(): void
}
declare class WritableStream<T = unknown> {
  constructor(sink?: UnderlyingSink<T>, strategy?: QueuingStrategy)
  readonly locked: boolean
  getWriter(): WritableStreamDefaultWriter<T>
  abort(reason?: unknown): Promise<void>
  close(): Promise<void>
}

declare class Blob {
  constructor(parts?: readonly (Uint8Array | string | Blob)[], options?: { type?: string })
  readonly size: number
  readonly type: string
  slice(start?: number, end?: number): Blob
  stream(): ReadableStream<Uint8Array>
  arrayBuffer(): Promise<ArrayBuffer>
}

interface CryptoKey {
  readonly type: string
}
interface SubtleCrypto {
  importKey(format: 'raw', key: Uint8Array, algorithm: unknown, extractable: boolean, usages: readonly string[]): Promise<CryptoKey>
  encrypt(algorithm: unknown, key: CryptoKey, data: Uint8Array): Promise<ArrayBuffer>
  decrypt(algorithm: unknown, key: CryptoKey, data: Uint8Array): Promise<ArrayBuffer>
  sign(algorithm: string, key: CryptoKey, data: Uint8Array): Promise<ArrayBuffer>
}
declare const crypto: {
  readonly subtle?: SubtleCrypto
  getRandomValues<T extends Uint8Array>(array: T): T
}

declare function setTimeout(callback: () => void, ms?: number): number | { unref(): unknown }
declare function clearTimeout(timer: unknown): void
declare function queueMicrotask(callback: () => void): void
declare function atob(text: string): string
declare function btoa(text: string): string

declare namespace WebAssembly {
  class Module {
    readonly brand: 'Module'
  }
  class Memory {
    readonly buffer: ArrayBuffer
    grow(pages: number): number
  }
  interface Instance {
    readonly exports: unknown
  }
  function instantiate(bytes: Uint8Array): Promise<{ readonly instance: Instance; readonly module: Module }>
}

declare class URL {
  constructor(address: string | URL, base?: string | URL)
  readonly href: string
  readonly protocol: string
  readonly host: string
  readonly pathname: string
  readonly username: string
  readonly password: string
}
interface Response {
  readonly status: number
  readonly headers: { get(name: string): string | null }
  readonly body: ReadableStream<Uint8Array> | null
}
interface RequestInit {
  readonly method?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly cache?: 'no-store'
  readonly credentials?: 'include' | 'omit' | 'same-origin'
  readonly signal?: AbortSignal
}
declare function fetch(address: string | URL, init?: RequestInit): Promise<Response>
