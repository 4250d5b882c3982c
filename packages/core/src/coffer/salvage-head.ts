import { copyBytes } from '../bytes/bytes.js'
import type { Recipe } from '../engine/engine.js'
import { CofferError } from '../errors.js'
import type { Head } from '../log/commit.js'
import type { LogFile } from '../log/log-file.js'
import { solveForId } from '../log/lost-id.js'
import type { ScanOptions } from '../log/chunk-scan.js'
import { scanRecords, type RecordCandidate } from '../log/record-scan.js'
import { deriveLogKey, FRAME_HEADER_BYTES, ID_BYTES, RECORD_PREFIX_BYTES, recordTypes } from '../log/record.js'
import { identify } from './identify.js'
import { describeVariant, type Variant } from './variants.js'

/** Records that are tried in pairs. */
const TRIED_RECORDS = 12
/** Longer ones take a while to work with. */
const TRIED_BYTES = 1_048_576
/** What is hashed to guess an id, as a multiple of the file, and beside that: a file could be full of what begins as a record. */
const MOST_GUESSED = 16
const FREE_GUESSED_BYTES = 134_217_728
/** What a guess takes beside the record's bytes. */
const GUESS_BYTES = 4096

/** The coffer's id, or what its beginning looks like where no record verifies, whatever the id may be. */
export type DamagedHead = { readonly id: Uint8Array; readonly head?: Head } | { readonly problem: CofferError }

/** Finds the coffer's id, in its head or without it, and sets it for its records. */
export async function identifyDamaged(
  log: LogFile,
  { variant, recipe }: { readonly variant: Variant; readonly recipe: Recipe },
  options: ScanOptions & { readonly id?: string | undefined },
): Promise<DamagedHead> {
  const { records } = log.codecs
  let problem: CofferError
  try {
    const identity = await identify(log, variant)
    if (identity.kind === 'ours') {
      records.setId(identity.head.id)
      return { id: identity.head.id, head: identity.head }
    }
    problem = new CofferError('ERR_COFFER_LEGACY', 'There is no record of ours in this file: PyCoffer wrote it, or they are lost.')
  } catch (error) {
    if (!(error instanceof CofferError)) throw error
    problem = error
  }
  const id = await findId(log, variant, recipe, options)
  if (!id) return { problem }
  records.setId(id)
  return { id }
}

async function findId(
  log: LogFile,
  variant: Variant,
  recipe: Recipe,
  { id, ...options }: ScanOptions & { readonly id?: string | undefined },
): Promise<Uint8Array | undefined> {
  const { sodium, records } = log.codecs
  const keys = [recipe.container?.key, recipe.member?.key].filter((key) => key !== undefined)
  const logKey = deriveLogKey(sodium, { keys, descriptor: describeVariant(variant) })
  const found: RecordCandidate[] = []
  const opensWith = (candidate: RecordCandidate, tried: Uint8Array): boolean => {
    records.setId(tried)
    try {
      records.open(candidate.type, candidate.body, candidate.offset)
      return true
    } catch (error) {
      if (error instanceof CofferError) return false
      throw error
    }
  }
  const given = id === undefined ? [] : [fromHex(id)]
  const [written, ...changed] = logKey ? [] : await guessesOf(log)
  const certain = written ? [...given, written] : given
  let room = (await log.file.size()) * MOST_GUESSED + FREE_GUESSED_BYTES
  for await (const candidate of scanRecords(log, options)) {
    if (!sealedTypes.includes(candidate.type) || candidate.body.length > TRIED_BYTES) continue
    const guess = certain.find((tried) => opensWith(candidate, tried))
    if (guess) return guess
    // Never all that is left: what comes later may be shorter, and what is wanted.
    const cost = changed.length * (candidate.body.length + GUESS_BYTES)
    if (cost <= room / 2) {
      room -= cost
      options.signal?.throwIfAborted()
      const near = changed.find((tried) => opensWith(candidate, tried))
      if (near) return near
    }
    if (!logKey) continue
    for (const other of found) {
      const solved = solveForId(sodium, logKey, other, candidate)
      if (solved && opensWith(candidate, solved) && opensWith(other, solved)) return solved
    }
    found.push({ ...candidate, body: copyBytes(candidate.body) })
    if (found.length > TRIED_RECORDS) found.shift()
  }
  return undefined
}

const sealedTypes: readonly number[] = [recordTypes.index, recordTypes.commit, recordTypes.table, recordTypes.crumb]

/** Without keys the head is in the clear: what stands in the place of the id, and that with one byte changed. */
async function guessesOf(log: LogFile): Promise<Uint8Array[]> {
  const written = await log.file.read(FRAME_HEADER_BYTES + RECORD_PREFIX_BYTES, ID_BYTES)
  if (written.length < ID_BYTES) return []
  const guesses = [written]
  for (let at = 0; at < ID_BYTES; at++) {
    for (let bits = 1; bits < 256; bits++) {
      const guess = copyBytes(written)
      guess[at] = (guess[at] as number) ^ bits
      guesses.push(guess)
    }
  }
  return guesses
}

/** @throws TypeError for what is no id. */
function fromHex(id: string): Uint8Array {
  if (!/^[0-9a-f]{32}$/.test(id)) throw new TypeError('`id` is 32 hexadecimal digits, as `coffer.id` gives it.')
  return Uint8Array.from({ length: ID_BYTES }, (_, i) => Number.parseInt(id.slice(i * 2, i * 2 + 2), 16))
}
