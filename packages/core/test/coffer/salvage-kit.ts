import {
  isCofferError,
  memoryStorage,
  openSalvage,
  type CofferKeys,
  type CofferStorage,
  type SalvagedPiece,
  type VariantName,
} from '@coffer/core'
import { place, same, sample } from './support.js'

/** A coffer of several commits, and everything that was ever in it. */
export interface Kept {
  readonly bytes: Uint8Array
  readonly keys: CofferKeys
  readonly variant: VariantName
  /** All versions of each file, the newest last. */
  readonly versions: ReadonlyMap<string, readonly Uint8Array[]>
  readonly deleted: readonly string[]
}

export async function kept(variant: VariantName, container?: 'aes-ocb'): Promise<Kept> {
  const { storage, keys, open } = await place(variant, container)
  const versions = new Map<string, Uint8Array[]>()
  {
    await using coffer = await open({ mode: 'x', blockBytes: 4096, autoFlush: false })
    const write = async (name: string, bytes: Uint8Array): Promise<void> => {
      versions.set(name, [...(versions.get(name) ?? []), bytes])
      await coffer.write(name, bytes)
    }
    await write('a.txt', sample(300, 1, true))
    await write('b/c.txt', sample(700, 2))
    await write('b/large.bin', sample(100_000, 3))
    await write('gone.txt', sample(50, 4))
    await coffer.flush()
    await write('d.txt', sample(900, 5))
    await write('several.bin', sample(30_000, 6))
    await coffer.makeDirectory('empty')
    await coffer.link('link', 'a.txt')
    await coffer.flush()
    await write('a.txt', sample(400, 7, true))
    await coffer.delete('gone.txt')
    await coffer.flush()
    await write('nothing', new Uint8Array(0))
    await write('last.bin', sample(5000, 8))
  }
  return { bytes: storage.bytes(), keys, variant, versions, deleted: ['gone.txt'] }
}

/** What a salvage gave, after each piece of it was compared with what was ever written under that name. */
export interface Outcome {
  readonly whole: ReadonlySet<string>
  readonly partial: ReadonlySet<string>
  readonly origins: ReadonlyMap<string, string>
  readonly isWhole: boolean
  /** The code where nothing at all verified. */
  readonly refused: string | undefined
}

/** Salvages a coffer. @throws Error for a byte that is not authentic, and for whatever a salvage should not throw. */
export async function outcomeOf({ keys, variant, versions }: Kept, damaged: Uint8Array | CofferStorage): Promise<Outcome> {
  const whole = new Set<string>()
  const partial = new Set<string>()
  const origins = new Map<string, string>()
  try {
    await using left = await openSalvage(damaged instanceof Uint8Array ? memoryStorage(damaged) : damaged, { keys, variant })
    for (const found of left.members) {
      const { member, origin } = found
      origins.set(member.name, origin)
      if (member.type !== 'file') {
        whole.add(member.name)
        continue
      }
      const pieces: SalvagedPiece[] = []
      for await (const piece of left.pieces(found)) pieces.push(piece)
      const good = pieces.filter((piece) => piece.bytes !== undefined)
      const isSound = (version: Uint8Array): boolean =>
        good.every(({ start, bytes: piece = new Uint8Array(0) }) => same(version.subarray(start, start + piece.length), piece))
      const all = versions.get(member.name) ?? []
      if (!all.some(isSound)) throw new Error(`${member.name} (${origin}) came out with bytes that were never in it`)
      const isComplete = pieces.length === good.length && all.some((version) => version.length === member.size && isSound(version))
      if (isComplete) whole.add(member.name)
      else if (good.some(({ bytes: piece }) => piece && piece.length > 0)) partial.add(member.name)
    }
    return { whole, partial, origins, isWhole: left.isWhole, refused: undefined }
  } catch (error) {
    if (!isCofferError(error)) throw error
    return { whole, partial, origins, isWhole: false, refused: `${error.code}: ${error.message}` }
  }
}
