import { generateKeys, memoryStorage, openCoffer, type Coffer, type CofferKeys } from '@coffer/core'
import { openSession } from '@coffer/core/internal'
import { expect, test } from 'vitest'
import { openChunks, splitChunks } from '../../src/cipher/chunk-stream.js'
import { readTar } from '../../src/tar/reader.js'
import { decodeZstdStream } from '../../src/zstd/stream.js'
import { failingStorage } from './failing-storage.js'
import { codeOf, names, place, same, sample } from './support.js'

// Of a bank, where each change is a commit: the one that puts the file at its place, and the ones that fail.

const keys = await generateKeys('bank')

/** The names in the tar stream, which is what PyCoffer sees. */
async function tarNames(bytes: Uint8Array, withKeys: CofferKeys): Promise<string[]> {
  const { session } = await openSession(memoryStorage(bytes), { keys: withKeys })
  const { container } = session.log.file.codecs
  await session.close()
  if (!container) throw new Error('a bank has a container cipher')
  async function* stream(): AsyncGenerator<Uint8Array> {
    if (container) yield await openChunks(container, splitChunks(bytes))
  }
  const found: string[] = []
  for await (const entry of readTar(decodeZstdStream(stream(), {}))) {
    for await (const piece of entry.content) void piece
    found.push(entry.name)
  }
  return found
}

const failures: readonly (readonly [string, (coffer: Coffer) => Promise<unknown>])[] = [
  ['a delete of what is not there', (coffer) => coffer.delete('missing')],
  [
    'a write that is aborted',
    (coffer) => {
      const aborter = new AbortController()
      return coffer.write('n', 'x', { signal: aborter.signal, onProgress: () => aborter.abort() })
    },
  ],
]

test.each(failures)('%s as the first change makes no coffer, and takes the place of none', async (_, fail) => {
  const there = failingStorage()
  const first = await openCoffer(there.storage, { mode: 'x', keys })
  await first.write('precious', 'x')
  await first.close()
  const replacing = await openCoffer(there.storage, { mode: 'w', keys })
  await expect(fail(replacing)).rejects.toThrow()
  await replacing.discard()
  await using again = await openCoffer(there.storage, { keys })
  expect(await names(again)).toEqual(['precious'])

  for (const mode of ['x', 'a'] as const) {
    const { storage, bytes } = failingStorage()
    const coffer = await openCoffer(storage, { mode, keys })
    await expect(fail(coffer)).rejects.toThrow()
    await coffer.discard()
    expect(bytes()).toHaveLength(0)
  }
})

test('changes whose coffer cannot be put at its place are told so, and nobody sees them', async () => {
  const { storage, fails, bytes } = failingStorage()
  const coffer = await openCoffer(storage, { mode: 'x', keys })
  fails.publish = 1
  expect(await Promise.all(['a', 'b'].map((name) => codeOf(coffer.write(name, name))))).toEqual(['ERR_COFFER_POISONED', 'ERR_COFFER_POISONED'])
  expect([await names(coffer), await coffer.has('a'), coffer.generation]).toEqual([[], false, 0])
  expect(await codeOf(coffer.write('c', 'c'))).toBe('ERR_COFFER_POISONED')
  expect(await codeOf(coffer.close())).toBe('ERR_COFFER_POISONED')
  expect(bytes()).toHaveLength(0)
})

test.each([0, 1, 2])('a first commit that fails after %i writes leaves what PyCoffer needs to open the next', async (writes) => {
  const { storage, fails, spared, bytes } = failingStorage()
  const coffer = await openCoffer(storage, { mode: 'x', keys })
  Object.assign(spared, { write: writes })
  fails.write = 1
  expect(await codeOf(coffer.write('a', 'a'))).toBe('ERR_COFFER_IO')
  await coffer.close()
  // Of `./` nothing is left as a name.
  expect(await tarNames(bytes(), keys)).toEqual([''])
})

test('closing cuts what could not be cut when it was taken back', async () => {
  const { storage, fails, bytes } = failingStorage()
  const coffer = await openCoffer(storage, { mode: 'x', keys })
  await coffer.write('a', 'a')
  const committed = bytes().length
  fails.truncate = 1
  const aborter = new AbortController()
  await expect(coffer.write('b', sample(60_000), { signal: aborter.signal, onProgress: () => aborter.abort() })).rejects.toThrow()
  expect(bytes().length).toBeGreaterThan(committed)
  await coffer.close()
  expect(bytes()).toHaveLength(committed)
})

test('a handle is opened by what is committed, not by what is under way', async () => {
  const { storage, fails } = failingStorage()
  const coffer = await openCoffer(storage, { mode: 'x', keys })
  await coffer.write('first', 'x')
  fails.write = 1
  let isDone = false
  const writing = codeOf(coffer.write('a', 'a')).finally(() => (isDone = true))
  const outcomes = new Set<string>()
  while (!isDone) {
    const opening = coffer.file('a/b', 'x')
    outcomes.add(await codeOf(opening))
    if (!isDone) await (await opening).abort()
  }
  expect([await writing, [...outcomes]]).toEqual(['ERR_COFFER_IO', ['no error']])
  await coffer.close()
})

test.each([
  ['makes a relaxed commit last', 'relaxed'],
  ['compacts', 'full'],
] as const)('the file is kept as it was where closing alone changes it: it %s', async (_, durability) => {
  const { open, storage } = await place()
  const before = await open({ mode: 'x', durability })
  for (const name of ['a', 'b', 'c']) await before.write(name, sample(60_000))
  await before.flush()
  if (durability === 'full') for (const name of ['b', 'c']) await before.delete(name)
  await before.flush()
  // As one leaves it that is stopped.
  await before.discard()
  const bytes = storage.bytes()
  const kept: Uint8Array[] = []
  const keep = storage.backup.bind(storage)
  storage.backup = async (extension) => {
    kept.push(storage.bytes())
    await keep(extension)
  }
  await (await open({ mode: 'a', backup: '.bak' })).close()
  expect(same(storage.bytes(), bytes)).toBe(false)
  expect(kept.map((one) => same(one, bytes))).toEqual([true])
  await (await open({ mode: 'a', backup: '.bak' })).close()
  expect(kept.length).toBe(1)
})
