import type { FileTree } from './file-tree.js'
import type { VaultSession } from './session.js'

/** What is not worth a word. */
const LEAST_BYTES = 32 << 20
const LEAST_SHARE = 0.25

/** Bytes that compacting the coffer would give back, where they are worth it; else 0. */
export async function freeableBytes({ coffer }: VaultSession, tree: FileTree): Promise<number> {
  const { size, stream } = await coffer.value.export()
  await stream.cancel()
  const dead = size - tree.storedBytes
  return dead >= LEAST_BYTES && dead >= size * LEAST_SHARE ? dead : 0
}
