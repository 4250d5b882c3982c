import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { encodeHeader } from '../../packages/core/src/tar/header.js'
import { encodeRawFrame, encodeSparseFrame } from '../../packages/core/src/zstd/frame.js'
import { convert, generateKeys, isCofferError, memoryStorage, openCoffer, type Coffer, type CofferKeys, type OpenOptions, type VariantName } from '@coffer/core'
import { memberBatches, openSession } from '@coffer/core/internal'
import { openCoffer as openCofferFile } from '@coffer/node'
import { describe, expect, test } from 'vitest'
import type { RecordRef } from '../../packages/core/src/log/entry.js'
import { seeded } from './support/disk.js'
import { directoryItem, fileItem, Forge, nowhere } from './support/forge.js'

// Bad coffers, each made for one attack, with the error that it has to end in.

async function codeOf(promise: Promise<unknown>): Promise<string> {
  try {
    await promise
    return 'no error'
  } catch (error) {
    return isCofferError(error) ? error.code : `NO COFFER ERROR: ${String(error)}`
  }
}

/** Opens and reads everything. */
async function readAll(bytes: Uint8Array, options: OpenOptions): Promise<Record<string, string>> {
  const coffer = await openCoffer(memoryStorage(bytes), options)
  try {
    const found: Record<string, string> = {}
    for await (const { name, type } of coffer.members()) if (type === 'file') found[name] = Buffer.from(await coffer.read(name)).toString('latin1')
    return found
  } finally {
    await coffer.close()
  }
}

async function make(variant: VariantName, keys: CofferKeys, files: Readonly<Record<string, string | Uint8Array>>): Promise<Uint8Array> {
  const storage = memoryStorage()
  const coffer = await openCoffer(storage, { mode: 'x', variant, keys, autoFlush: false, blockBytes: 4096 })
  for (const [name, data] of Object.entries(files)) {
    await coffer.write(name, data)
    await coffer.flush()
  }
  await coffer.close()
  return storage.bytes()
}

function randomBytes(length: number): Uint8Array {
  const random = seeded(length)
  return Uint8Array.from({ length }, () => random() * 256)
}

function join(...parts: readonly Uint8Array[]): Uint8Array {
  return new Uint8Array(Buffer.concat(parts))
}

/** Chunks of a file that is sealed as a whole. */
function chunksOf(bytes: Uint8Array): Uint8Array[] {
  const chunks: Uint8Array[] = []
  for (let at = 0; at < bytes.length; ) {
    const end = at + 32 + new DataView(bytes.buffer, bytes.byteOffset + at).getUint32(0, true)
    chunks.push(bytes.slice(at, end))
    at = end
  }
  return chunks
}

/** A null coffer as PyCoffer would write it, of these tar blocks. */
function legacyNull(...blocks: readonly Uint8Array[]): Uint8Array {
  return encodeRawFrame(join(...blocks, new Uint8Array(1024)))
}

const meta = { type: 'file', mode: 0o600, mtime: 0 } as const

describe('what is no coffer', () => {
  test.each([
    ['an empty file', new Uint8Array(0), 'ERR_COFFER_NOT_A_COFFER'],
    ['a text', new TextEncoder().encode('Dear diary, '.repeat(100)), 'ERR_COFFER_NOT_A_COFFER'],
    ['random bytes', randomBytes(5000), 'ERR_COFFER_NOT_A_COFFER'],
    ['zeros', new Uint8Array(5000), 'ERR_COFFER_NOT_A_COFFER'],
  ])('%s', async (_what, bytes, code) => {
    for (const variant of ['store', 'bank', 'market', 'null'] as const) {
      expect(await codeOf(readAll(bytes, { variant, keys: await generateKeys(variant) }))).toBe(code)
    }
  })

  test('a chunk that says it is longer than any', async () => {
    const bytes = new Uint8Array(100)
    new DataView(bytes.buffer).setUint32(0, 0xffff_ffff, true)
    expect(await codeOf(readAll(bytes, { variant: 'store', keys: await generateKeys('store') }))).toBe('ERR_COFFER_NOT_A_COFFER')
  })
})

describe('forged and moved', () => {
  test('records inside content are content', async () => {
    // Content that does not compress lies in the file as it is, so a stranger's file could bring a record of the coffer's own.
    for (const variant of ['null', 'market', 'store', 'bank'] as const) {
      const keys = await generateKeys(variant)
      const files = { before: randomBytes(3000), planted: await make(variant, keys, { a: 'x', b: randomBytes(2000) }), after: 'after' }
      const bytes = await make(variant, keys, files)
      expect(Object.keys(await readAll(bytes, { variant, keys }))).toEqual(['before', 'planted', 'after'])
      // Cut right behind the planted bytes, nothing in them counts as the newest commit.
      for (let length = bytes.length - 1; length > bytes.length - 1500; length -= 37) {
        const found = await readAll(bytes.slice(0, length), { variant, keys }).catch((error: unknown) => (isCofferError(error) ? {} : Promise.reject(error)))
        for (const name of Object.keys(found)) expect(['before', 'planted', 'after']).toContain(name)
      }
    }
  })

  test('a commit, or a whole log, of another coffer under the same keys', async () => {
    for (const variant of ['store', 'bank', 'market', 'null'] as const) {
      const keys = await generateKeys(variant)
      const one = await make(variant, keys, { a: 'one', b: 'one' })
      const two = await make(variant, keys, { a: 'two', b: 'two' })
      const spliced = join(one.subarray(0, one.length - 400), two.subarray(two.length - 400))
      expect(await codeOf(readAll(spliced, { variant, keys }))).toMatch(/^ERR_COFFER_(DAMAGED|AUTH)$/)
      const joined = await readAll(join(one, two), { variant, keys }).catch((error: unknown) => (isCofferError(error) ? undefined : Promise.reject(error)))
      if (joined) expect(joined).toEqual({ a: 'one', b: 'one' })
    }
  })

  test('an older state of the same place, put back under a newer commit', async () => {
    const keys = await generateKeys('store')
    const storage = memoryStorage()
    const coffer = await openCoffer(storage, { mode: 'x', keys })
    await coffer.write('base', 'x')
    await coffer.flush()
    const start = storage.bytes().length
    // Two writes that stood at the same place, one after the other.
    const states: Uint8Array[] = []
    await coffer.close()
    for (const text of ['first', 'other']) {
      const branch = memoryStorage(storage.bytes())
      const writer = await openCoffer(branch, { mode: 'a', keys })
      await writer.write('secret', text)
      await writer.close()
      states.push(branch.bytes())
    }
    const [first, other] = states as [Uint8Array, Uint8Array]
    const chunks = chunksOf(first).length
    expect(chunks).toBe(chunksOf(other).length)
    expect(start).toBeLessThan(first.length)
    for (let swap = 1; swap < 2 ** 3; swap++) {
      const mixed = join(...chunksOf(first).map((chunk, i) => ((swap >> (chunks - 1 - i)) & 1 && chunks - 1 - i < 3 ? (chunksOf(other)[i] as Uint8Array) : chunk)))
      const found = await readAll(mixed, { keys }).catch((error: unknown) => (isCofferError(error) ? undefined : Promise.reject(error)))
      // All three of one state are that state; any mixture is an error.
      if (swap === 7) expect(found).toEqual({ base: 'x', secret: 'other' })
      else expect(found).toBeUndefined()
    }
  })

  test('a coffer of ours without its log is none of PyCoffer’s', async () => {
    for (const variant of ['store', 'bank'] as const) {
      const keys = await generateKeys(variant)
      const bytes = await make(variant, keys, { a: 'one', b: randomBytes(9000) })
      const stripped = join(...chunksOf(bytes).slice(1))
      expect(await codeOf(readAll(stripped, { variant, keys }))).toMatch(/^ERR_COFFER_(LEGACY|DAMAGED)$/)
      expect(await codeOf(readAll(stripped, { variant, keys, legacy: 'read' }))).toBe('ERR_COFFER_DAMAGED')
      expect(await codeOf(convert(memoryStorage(stripped), { variant, keys }))).toBe('ERR_COFFER_DAMAGED')
      const found = await readAll(stripped, { variant, keys, legacy: 'rewritten' })
      expect(Object.keys(found)).toEqual(['a', 'b'])
    }
  })

  test('an older copy of the whole file, where the newer one is remembered', async () => {
    const keys = await generateKeys('bank')
    const storage = memoryStorage()
    const coffer = await openCoffer(storage, { mode: 'x', keys })
    await coffer.write('a', 'old')
    const old = storage.bytes()
    await coffer.write('a', 'new')
    const { id, generation, fingerprint } = coffer
    await coffer.close()
    expect(await codeOf(readAll(old, { keys, expect: { id, generation, fingerprint } }))).toBe('ERR_COFFER_EXPECT')
    expect(await codeOf(readAll(old, { keys, expect: { generation } }))).toBe('ERR_COFFER_EXPECT')
    expect(await codeOf(readAll(old, { keys, expect: { fingerprint } }))).toBe('ERR_COFFER_EXPECT')
    expect(await readAll(old, { keys })).toEqual({ a: 'old' })
  })

  test('reserved bytes that are used, and base64 that could be written another way', async () => {
    const keys = await generateKeys('bank')
    const bytes = await make('bank', keys, { a: 'one' })
    for (const at of [4, 31]) {
      const changed = bytes.slice()
      changed[at] = 1
      expect(await codeOf(readAll(changed, { keys }))).toBe('ERR_COFFER_NOT_A_COFFER')
    }
    const text = Buffer.from(bytes).toString('latin1')
    const dash = text.search(/[-_]/)
    const changed = bytes.slice()
    changed[dash] = text[dash] === '-' ? 0x2b : 0x2f
    expect(await codeOf(readAll(changed, { keys }))).toMatch(/^ERR_COFFER_(AUTH|DAMAGED)$/)
  })
})

describe('files that PyCoffer could have written', () => {
  const open = { variant: 'null', legacy: 'read' } as const

  test.each([
    ['a name that leaves the coffer', legacyNull(encodeHeader({ ...meta, name: '../evil', size: 0 })), 'ERR_COFFER_NAME'],
    ['a size that is not there', legacyNull(encodeHeader({ ...meta, name: 'a', size: 100_000 })), 'ERR_COFFER_DAMAGED'],
    ['a file below a file', legacyNull(encodeHeader({ ...meta, name: 'a', size: 0 }), encodeHeader({ ...meta, name: 'a/b', size: 0 })), 'ERR_COFFER_CONFLICT'],
    ['a header that was changed', legacyNull(encodeHeader({ ...meta, name: 'a', size: 0 }).fill(1, 20, 22)), 'ERR_COFFER_DAMAGED'],
  ])('%s', async (_what, bytes, code) => {
    expect(await codeOf(readAll(bytes, open))).toBe(code)
  })

  test('a bomb', { timeout: 120_000 }, async () => {
    // Ten terabytes of zeros, said in a header and begun in frames of a few bytes a mebibyte.
    const zeros = encodeSparseFrame(new Uint8Array(1_048_576))
    const bytes = join(encodeRawFrame(encodeHeader({ ...meta, name: 'bomb', size: 10 * 2 ** 40 })), ...Array.from({ length: 3000 }, () => zeros))
    expect(bytes.length).toBeLessThan(200_000)
    expect(await codeOf(readAll(bytes, open))).toBe('ERR_COFFER_LIMIT')
  })
})

describe('a coffer that somebody with its keys has made', () => {
  const zeros = new Uint8Array(524_288)

  test.each(['null', 'market', 'store', 'bank'] as const)('names the same blocks again and again in a relaxed commit (%s)', { timeout: 20_000 }, async (variant) => {
    const forge = await Forge.create(variant)
    const block = await forge.block(zeros)
    const table = await forge.table(Array.from({ length: 1024 }, () => block))
    const tables = Array.from({ length: 2000 }, () => ({ ...table, blockCount: 1024 }))
    await forge.commit(await forge.index([fileItem('huge', tables.length * 1024 * zeros.length, { tables })]), { relaxed: true })
    expect(forge.bytes().length).toBeLessThan(300_000)
    const coffer = await openCoffer(memoryStorage(forge.bytes()), { variant, keys: forge.keys })
    expect(coffer.generation).toBe(1)
    await coffer.close()
  })

  test('names places that lie in one another in a relaxed commit', { timeout: 20_000 }, async () => {
    const forge = await Forge.create()
    const block = await forge.block(randomBytes(100_000))
    const end = block.extent.offset + block.extent.length
    const items = Array.from({ length: 100 }, (_, i) => {
      const around = { extent: forge.extent(i, end - i), frameOffset: block.extent.offset - i, storedBytes: block.storedBytes }
      return fileItem(`${i}`, 100_000, { blocks: [around] })
    })
    await forge.commit(await forge.index(items), { relaxed: true })
    expect(await codeOf(openCoffer(memoryStorage(forge.bytes()), { variant: 'null' }))).toBe('ERR_COFFER_DAMAGED')
  })
  test.each([
    ['more blocks in a table than one has', 2 ** 53 - 1, [2 ** 53 - 1], 1],
    ['a table that is not full before another', 2048 * 4096, [1000, 1048], 4096],
    ['a table without blocks at the end', 1024 * 4096, [1024, 0], 4096],
    ['fewer blocks than its size needs', 2048 * 4096, [1024], 4096],
  ])('says %s', async (_what, size, counts, blockBytes) => {
    const forge = await Forge.create()
    await forge.commit(await forge.index([fileItem('huge', size, { tables: counts.map((blockCount) => ({ ...nowhere, blockCount })) }, blockBytes)]))
    expect(await codeOf(openCoffer(memoryStorage(forge.bytes()), { variant: 'null' }))).toBe('ERR_COFFER_DAMAGED')
  })

  const badNames: Readonly<Record<string, string>> = { empty: '', absolute: '/etc/passwd', above: '../up', 'empty in between': 'a//b', 'with a NUL': 'a\0b', 'too long': 'd/'.repeat(1750) + 'e' }
  test.each(Object.entries(badNames))('a name that none may have: %s', async (_what, name) => {
    const forge = await Forge.create()
    await forge.commit(await forge.index([directoryItem('good'), directoryItem(name)]))
    expect(await codeOf(openCoffer(memoryStorage(forge.bytes()), { keys: forge.keys, variant: 'null' }))).toBe('ERR_COFFER_DAMAGED')
  })

  test('names that make a million directories', { timeout: 60_000 }, async () => {
    const forge = await Forge.create()
    const deep = '/d'.repeat(1740)
    let index: RecordRef | undefined
    for (let i = 0; i < 600; i += 200) {
      const items = Array.from({ length: 200 }, (_, more) => directoryItem(`${i + more}${deep}`))
      index = await forge.index(items, index)
    }
    await forge.commit(index as RecordRef)
    expect(await codeOf(openCoffer(memoryStorage(forge.bytes()), { keys: forge.keys, variant: 'null' }))).toBe('ERR_COFFER_LIMIT')
  })

  test('names thousands of tables that are not there', { timeout: 20_000 }, async () => {
    const forge = await Forge.create()
    const size = 3000 * 1024 * 4096
    const tables = Array.from({ length: 3000 }, () => ({ ...nowhere, blockCount: 1024 }))
    await forge.commit(await forge.index([fileItem('huge', size, { tables }, 4096)]))
    await using coffer = await openCoffer(memoryStorage(forge.bytes()), { variant: 'null' })
    expect((await coffer.verify()).bad).toEqual([{ name: 'huge', start: 0, end: size, code: 'ERR_COFFER_DAMAGED' }])
  })

  test('names a terabyte, and verifying it can be given up', { timeout: 20_000 }, async () => {
    const forge = await Forge.create()
    const block = await forge.block(zeros)
    const table = await forge.table(Array.from({ length: 1024 }, () => block))
    const tables = Array.from({ length: 2000 }, () => ({ ...table, blockCount: 1024 }))
    await forge.commit(await forge.index([fileItem('huge', tables.length * 1024 * zeros.length, { tables })]))
    await using coffer = await openCoffer(memoryStorage(forge.bytes()), { variant: 'null' })
    const given = new Error('enough')
    const aborter = new AbortController()
    setTimeout(() => aborter.abort(given), 200)
    await expect(coffer.verify({ signal: aborter.signal })).rejects.toBe(given)
  })
  // The node storage's files too: there, memory is taken before it is known how much there is to read.
  test.each([2 ** 21, 2 ** 31, 2 ** 33, 2 ** 40, 2 ** 53 - 1])('names places of %d bytes that are not there', async (length) => {
    const away = { ...nowhere, offset: 100, length }
    const withIndex = await Forge.create()
    await withIndex.commit(away)
    const withPrevious = await Forge.create()
    await withPrevious.commit({ ...nowhere, length: 9 }, { relaxed: true, previous: away })
    const withExtent = await Forge.create()
    const block = await withExtent.block(new Uint8Array(5))
    await withExtent.commit(await withExtent.index([fileItem('a', 5, { blocks: [{ ...block, extent: { ...block.extent, length } }] })]))
    for (const open of [inMemory, inTestFile]) {
      expect(await codeOf(open(withIndex, async () => undefined))).toBe('ERR_COFFER_DAMAGED')
      expect(await codeOf(open(withPrevious, async () => undefined))).toBe('ERR_COFFER_DAMAGED')
      expect(await codeOf(open(withExtent, (coffer) => coffer.read('a')))).toBe('ERR_COFFER_AUTH')
      await open(withExtent, async (coffer) => {
        expect((await coffer.verify()).bad).toEqual([{ name: 'a', start: 0, end: 5, code: 'ERR_COFFER_AUTH' }])
      })
    }
  })

  test.each([
    [2 ** 33, false, 'ERR_COFFER_AUTH'],
    [2 ** 40, false, 'ERR_COFFER_AUTH'],
    [2 ** 40, true, 'ERR_COFFER_LIMIT'],
  ])('has a member of %d bytes, more than an array holds; its first block is there: %s', async (size, isThere, code) => {
    const forge = await Forge.create()
    const { extent, ...place } = await forge.block(zeros)
    const block = { ...place, extent: isThere ? extent : { ...extent, digest: nowhere.digest } }
    const table = await forge.table(Array.from({ length: 1024 }, () => block))
    const tables = Array.from({ length: size / 1024 / zeros.length }, () => ({ ...table, blockCount: 1024 }))
    await forge.commit(await forge.index([fileItem('big', size, { tables })]))
    expect(await codeOf(inMemory(forge, (coffer) => coffer.read('big')))).toBe(code)
  })

  test('names one block by many members', async () => {
    const forge = await Forge.create()
    const block = await forge.block(zeros)
    const items = Array.from({ length: 100 }, (_, i) => fileItem(`${i}`, zeros.length, { blocks: [block] }))
    await forge.commit(await forge.index(items))
    const { session } = await openSession(memoryStorage(forge.bytes()), { variant: 'null' })
    const batches = [...memberBatches(session.log.catalog.entries())]
    await session.close()
    expect(batches.flat()).toHaveLength(100)
    for (const batch of batches) expect(batch.length * zeros.length).toBeLessThanOrEqual(2 ** 20)
  })
})

async function inMemory(forge: Forge, use: (coffer: Coffer) => Promise<unknown>): Promise<void> {
  await using coffer = await openCoffer(memoryStorage(forge.bytes()), { variant: 'null', keys: forge.keys })
  await use(coffer)
}

async function inTestFile(forge: Forge, use: (coffer: Coffer) => Promise<unknown>): Promise<void> {
  const directory = await mkdtemp(`${tmpdir()}/coffer-kit-`)
  try {
    const path = `${directory}/forged.pcof`
    await writeFile(path, forge.bytes())
    await using coffer = await openCofferFile(path, { variant: 'null' })
    await use(coffer)
  } finally {
    await rm(directory, { recursive: true })
  }
}
