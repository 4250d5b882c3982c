import { expect, test } from 'vitest'
import { loadSodium } from '../src/cipher/sodium.js'
import { solveForId } from '../src/log/lost-id.js'
import { RecordCodec, recordTypes } from '../src/log/record.js'

test('two records of any length and place say the id', async () => {
  const sodium = await loadSodium()
  const key = sodium.randomBytes(32)
  for (const [length, offset] of [[0, 0], [1, 7], [15, 2 ** 20], [16, 2 ** 40 + 3], [17, 2 ** 52], [5000, 99]] as const) {
    const id = sodium.randomBytes(16)
    const codec = new RecordCodec(sodium, key, 3)
    codec.setId(id)
    const bodyOf = (type: 2 | 3, bytes: number, at: number): Uint8Array => codec.seal(type, sodium.randomBytes(bytes), at).subarray(8)
    const first = { offset, body: bodyOf(recordTypes.index, length, offset) }
    const second = { offset: 12_345, body: bodyOf(recordTypes.commit, 137, 12_345) }
    expect(solveForId(sodium, key, first, second)).toEqual(id)
    expect(solveForId(sodium, key, second, first)).toEqual(id)
    // A record by itself, at another place, changed, or under another key says nothing.
    expect(solveForId(sodium, key, first, first)).toBeUndefined()
    expect(solveForId(sodium, key, { ...first, offset: offset + 1 }, second)).toBeUndefined()
    const changed = first.body.slice()
    changed[40] = (changed[40] as number) ^ 1
    expect(solveForId(sodium, key, { offset, body: changed }, second)).toBeUndefined()
    expect(solveForId(sodium, sodium.randomBytes(32), first, second)).toBeUndefined()
    expect(solveForId(sodium, key, { offset, body: first.body.subarray(0, 30) }, second)).toBeUndefined()
  }
})
