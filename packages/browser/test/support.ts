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
