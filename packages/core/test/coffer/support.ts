import { generateKeys, memoryStorage, openCoffer, type Coffer, type CofferKeys, type MemoryStorage, type OpenOptions, type VariantName } from '@coffer/core'
import type { SourceBlock } from '@coffer/core/internal'

/** The kinds of coffer that PyCoffer and Coffer share. */
export const kinds: readonly { readonly kind: string; readonly variant: VariantName; readonly container?: 'aes-ocb' }[] = [
  { kind: 'store', variant: 'store' },
  { kind: 'market', variant: 'market' },
  { kind: 'null', variant: 'null' },
  { kind: 'bank', variant: 'bank' },
  { kind: 'bank with AES-OCB', variant: 'bank', container: 'aes-ocb' },
]

/** A storage in memory with the keys and options that open it. */
export interface Place {
  readonly storage: MemoryStorage
  readonly keys: CofferKeys
  readonly variant: VariantName
  open(options?: OpenOptions): Promise<Coffer>
}

export async function place(variant: VariantName = 'store', container?: 'aes-ocb'): Promise<Place> {
  const storage = memoryStorage()
  const keys = await generateKeys(variant, container ? { container } : {})
  return { storage, keys, variant, open: (options = {}) => openCoffer(storage, { variant, keys, ...options }) }
}

/** Bytes that depend on `seed` alone; with `text`, ones that compress. */
export function sample(length: number, seed = 1, text = false): Uint8Array {
  const bytes = new Uint8Array(length)
  let state = seed * 2_654_435_761
  for (let i = 0; i < length; i++) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    bytes[i] = text ? 97 + ((state >>> 28) % 4) : state >>> 24
  }
  return bytes
}

export async function names(coffer: Coffer, prefix?: string): Promise<string[]> {
  const all: string[] = []
  for await (const { name } of coffer.members(prefix)) all.push(name)
  return all.sort()
}

export async function collect(stream: AsyncIterable<Uint8Array> | ReadableStream<Uint8Array>): Promise<Uint8Array> {
  const parts: Uint8Array[] = []
  for await (const part of stream as AsyncIterable<Uint8Array>) parts.push(part)
  return new Uint8Array(Buffer.concat(parts))
}

/** The code that a promise rejects with. */
export async function codeOf(promise: Promise<unknown>): Promise<string> {
  try {
    await promise
  } catch (error) {
    return error instanceof Error && 'code' in error ? String(error.code) : String(error)
  }
  return 'no error'
}

/** Whether two byte strings are the same. `toEqual` takes seconds for a megabyte. */
export function same(a: Uint8Array, b: Uint8Array): boolean {
  return Buffer.compare(a, b) === 0
}

/** As owned blocks of plaintext. */
export async function* blocksOf(bytes: Uint8Array, blockBytes: number): AsyncGenerator<SourceBlock> {
  for (let at = 0; at < bytes.length; at += blockBytes) {
    const plain = bytes.slice(at, at + blockBytes)
    yield { input: { plain }, plainBytes: plain.length, owned: true }
  }
}

export const pause = (ms: number): Promise<void> =>
  new Promise((resolve) => {
    setTimeout(resolve, ms)
  })
