import { openCoffer, type BrowserCoffer } from '@coffer/browser'
import { bytesOf, keys, same, type Storage } from './shared.js'

export interface DisturbOptions {
  readonly storage: Storage
  readonly name: string
  readonly actor: string
  /** How many operations. */
  readonly count: number
  readonly seed: number
  /** Readers take the lock too, as they do unless they say otherwise. */
  readonly lockedReaders?: boolean
}

export interface DisturbReport {
  readonly writes: number
  readonly reads: number
  readonly compactions: number
}

/** Operations that a coffer is opened for once. */
const OPERATIONS = 10

/**
 * One of several who use a coffer at the same time. Whoever writes is alone: it adds one to what stands in `total` and puts a member of that
 * number there. Readers hold no lock unless told, and must find both in step.
 */
export async function disturb({ storage, name, actor, count, seed, lockedReaders = false }: DisturbOptions): Promise<DisturbReport> {
  const report = { writes: 0, reads: 0, compactions: 0 }
  let random = seed
  const next = (most: number): number => {
    random = (random * 1_103_515_245 + 12_345) % 2_147_483_648
    return Math.floor((random / 2_147_483_648) * most)
  }
  for (let done = 0; done < count; ) {
    const operations = Math.min(OPERATIONS, count - done)
    if (next(2) === 0) {
      const coffer = await openCoffer(name, { storage, keys, mode: 'a', lockTimeoutMs: 60_000 })
      for (let i = 0; i < operations; i++) {
        if (next(12) === 0) {
          await coffer.compact()
          report.compactions += 1
        } else {
          await addOne(coffer, actor, next(10_000))
          report.writes += 1
        }
      }
      await coffer.close()
    } else {
      const coffer = await openCoffer(name, { storage, keys, lock: lockedReaders ? 'rw' : 'none', lockTimeoutMs: 60_000 })
      for (let i = 0; i < operations; i++) {
        await checkSnapshot(coffer)
        report.reads += 1
      }
      await coffer.close()
    }
    done += operations
  }
  return report
}

async function addOne(coffer: BrowserCoffer, actor: string, length: number): Promise<void> {
  const total = Number(await coffer.readText('total')) + 1
  await coffer.write(`members/${total}`, bytesOf(total, length))
  await coffer.write('total', String(total))
  await coffer.append(`by/${actor}`, `${total}\n`)
  await coffer.flush()
}

async function checkSnapshot(coffer: BrowserCoffer): Promise<void> {
  const total = Number(await coffer.readText('total'))
  let members = 0
  for await (const _ of coffer.members('members/')) members += 1
  if (members !== total) throw new Error(`a reader found ${members} members where ${total} were counted`)
  if (total === 0) return
  const content = await coffer.read(`members/${total}`)
  if (!same(content, bytesOf(total, content.length))) throw new Error(`a reader found another content at ${total}`)
}
