import type { CofferStorage } from '@coffer/core'

/** A name that no other test has. */
export function uniqueName(): string {
  return `test ${crypto.randomUUID()}`
}

/** All bytes that are at a place; `undefined` where there is nothing. */
export async function readAll(storage: CofferStorage): Promise<Uint8Array | undefined> {
  const file = await storage.open('read')
  if (!file) return undefined
  try {
    return await file.read(0, await file.size())
  } finally {
    await file.close()
  }
}

/** Bytes that are different everywhere near a multiple of any power of two. */
export function patternOf(length: number, seed = 1): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(length)
  for (let i = 0; i < length; i++) bytes[i] = (i * 31 + (i >> 8) * 17 + (i >> 16) * 7 + seed) & 0xff
  return bytes
}

/** What a promise rejects with. @throws Error where it does not. */
export async function failureOf(promise: Promise<unknown>): Promise<Error> {
  try {
    await promise
  } catch (error) {
    return error as Error
  }
  throw new Error('It should have failed.')
}
