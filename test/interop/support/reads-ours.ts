import { copyFile, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Crypt } from '@coffer/core'
import type { NodeCoffer } from '@coffer/node'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { digestOf, patternBytes, pycofferKinds, startPycoffer, type Pycoffer, type PycofferVersion } from '../pycoffer.js'
import { digestsOf, digestsThere, keysFor, openOurs, openTheirs, type Shared } from './ours.js'

const setupMs = 600_000

const random = (size: number, seed = 'r'): Uint8Array => patternBytes({ pattern: 'random', size, seed })
const text = (size: number): Uint8Array => patternBytes({ pattern: 'text', size })

/** What is done to a coffer, one after the other; PyCoffer reads it after each, closed. */
const operations: readonly (readonly [string, (coffer: NodeCoffer) => Promise<unknown>])[] = [
  [
    'write',
    async (coffer) => {
      await coffer.write('empty', '')
      await coffer.write('hello.txt', 'hello')
      await coffer.write('docs/text', text(1_300_000))
      await coffer.write('docs/random', random(600_000))
      await coffer.write('ünï/çødé-文件.txt', 'unicode')
      await coffer.write(`long/${'n'.repeat(90)}/${'m'.repeat(120)}.txt`, 'long')
      await coffer.write(`longer/${'n'.repeat(200)}/${'m'.repeat(200)}.txt`, 'longer')
    },
  ],
  [
    'many small files',
    async (coffer) => {
      for (let i = 0; i < 200; i++) await coffer.write(`many/${i}.txt`, `file ${i}`)
    },
  ],
  [
    'replace',
    async (coffer) => {
      await coffer.write('hello.txt', 'hello again')
      await coffer.flush()
      await coffer.write('hello.txt', 'and again')
      await coffer.write('docs/random', random(300_000, 's'))
    },
  ],
  [
    'append',
    async (coffer) => {
      await coffer.append('hello.txt', ', and more')
      await coffer.append('docs/text', random(70_000))
      await coffer.append('new.txt', 'made by append')
    },
  ],
  [
    'streams of unknown length, handles, and a flush after each',
    async (coffer) => {
      const pieces = async function* (count: number): AsyncGenerator<Uint8Array> {
        for (let i = 0; i < count; i++) yield random(50_001, `piece ${i}`)
      }
      await coffer.write('streams/large', pieces(60))
      await coffer.flush()
      await coffer.write('streams/empty', pieces(0))
      await coffer.flush()
      await coffer.append('streams/large', pieces(10))
      await coffer.append('streams/empty', '')
      await coffer.flush({ force: true })
      const handle = await coffer.file('streams/handle', 'w')
      for await (const piece of pieces(5)) await handle.write(piece)
      await handle.close()
    },
  ],
  ['move', (coffer) => coffer.move('docs', 'papers')],
  [
    'delete',
    async (coffer) => {
      await coffer.delete('many/7.txt')
      await coffer.delete('papers/random')
    },
  ],
  [
    'directories and links',
    async (coffer) => {
      await coffer.makeDirectory('folder/inside')
      await coffer.link('inside-link', 'hello.txt')
      await coffer.link('outside-link', '/etc/hostname')
      await coffer.link('up-link', '../../secret')
    },
  ],
  [
    'a file where there was a directory',
    async (coffer) => {
      await coffer.delete('papers', { recursive: true })
      await coffer.write('papers', 'a file now')
    },
  ],
  [
    'an aborted write',
    async (coffer) => {
      const controller = new AbortController()
      const endless = async function* (): AsyncGenerator<Uint8Array> {
        for (let i = 0; ; i++) {
          if (i === 20) controller.abort(new Error('enough'))
          yield random(65_536, String(i))
        }
      }
      await expect(coffer.write('never', endless(), { signal: controller.signal })).rejects.toThrow('enough')
      await coffer.write('after', 'the abort')
    },
  ],
  ['compaction', (coffer) => coffer.compact()],
]

/** The tests that one PyCoffer reads what we write: a file for each of them calls this, so that they run side by side. */
export function testReading(version: PycofferVersion): void {
  describe(`PyCoffer (${version}) reads ours`, () => {
    let folder: string
    let pycoffer: Pycoffer
    beforeAll(async () => {
      folder = await mkdtemp(join(tmpdir(), 'coffer-interop-'))
      pycoffer = await startPycoffer(version)
    }, setupMs)
    afterAll(async () => {
      await pycoffer?.close()
      await rm(folder, { recursive: true, force: true })
    })

    /** What PyCoffer must find: our files; links give what they point to, or nothing. */
    const expectSame = async (shared: Shared): Promise<void> => {
      const ours = await openOurs(shared)
      const expected: Record<string, { size: number; sha256: string }> = await digestsOf(ours)
      const links = new Set<string>()
      for await (const { name, type } of ours.members()) if (type === 'symlink') links.add(name)
      expect((await ours.verify()).ok).toBe(true)
      await ours.close()
      const theirs = await openTheirs(pycoffer, shared)
      const found = await digestsThere(theirs)
      await theirs.close()
      const empty = digestOf(new Uint8Array(0))
      for (const [name, digest] of Object.entries(found)) {
        if (links.has(name)) continue
        // What was deleted is an empty file there until a compaction.
        expect({ name, digest }).toEqual({ name, digest: expected[name] ?? empty })
      }
      expect(Object.keys(found)).toEqual(expect.arrayContaining(Object.keys(expected)))
    }

    test.each(pycofferKinds)('a %s after every kind of operation', { timeout: 300_000 }, async (kind) => {
      const shared: Shared = { kind, path: join(folder, `${kind}-${version}.pcof`), keys: await keysFor(kind) }
      for (const [what, operation] of operations) {
        const coffer = await openOurs(shared, { mode: 'a' })
        await operation(coffer)
        await coffer.close()
        await expectSame(shared).catch((error: unknown) => {
          throw new Error(`after: ${what}`, { cause: error })
        })
      }
      const keys = await keysFor(kind)
      const coffer = await openOurs(shared, { mode: 'a' })
      await coffer.rekey(keys)
      await coffer.close()
      await expectSame({ ...shared, keys })
    })

    test.each(pycofferKinds)('a %s that is flushed after every change', async (kind) => {
      const shared: Shared = { kind, path: join(folder, `auto-${kind}-${version}.pcof`), keys: await keysFor(kind) }
      const coffer = await openOurs(shared, { mode: 'x', autoFlush: true, blockBytes: 524_288 })
      await coffer.write('large', random(3_000_000))
      for (let i = 0; i < 20; i++) await coffer.write(`small/${i % 7}`, text(i * 100))
      await coffer.append('large', text(600_000))
      await coffer.delete('small/3')
      await coffer.move('small/4', 'moved')
      expect(coffer.generation).toBeGreaterThan(20)
      await coffer.close()
      await expectSame(shared)
    })

    test.each(pycofferKinds)('a %s after a crash', async (kind) => {
      const shared: Shared = { kind, path: join(folder, `crash-${kind}-${version}.pcof`), keys: await keysFor(kind) }
      const coffer = await openOurs(shared, { mode: 'x' })
      await coffer.write('kept', 'committed')
      await coffer.flush()
      await coffer.write('lost', random(500_000))
      const crashed = { ...shared, path: `${shared.path}.crashed` }
      await copyFile(shared.path, crashed.path)
      await coffer.close()
      const again = await openOurs(crashed, { mode: 'a' })
      expect(again.recovered).toMatchObject({ reason: 'torn' })
      expect(await again.has('lost')).toBe(false)
      await again.close()
      await expectSame(crashed)
    })

    test.each(['store', 'bank-fernet', 'bank-aes', 'market'] as const)('a %s of 40 MB in seconds', async (kind) => {
      const shared: Shared = { kind, path: join(folder, `large-${kind}-${version}.pcof`), keys: await keysFor(kind) }
      const bytes = random(40_000_000)
      const coffer = await openOurs(shared, { mode: 'x', blockBytes: 524_288 })
      await coffer.write('small', 'before')
      await coffer.flush()
      await coffer.write('large', bytes)
      await coffer.close()
      const start = await pycoffer.cpuSeconds()
      const theirs = await openTheirs(pycoffer, shared)
      expect(await theirs.digest('large')).toEqual(digestOf(bytes))
      await theirs.close()
      // Not a race: chunks that do not end on pages take the newer reader 9 s in a market, 20 s in a store; this is about 1 s.
      expect((await pycoffer.cpuSeconds()) - start).toBeLessThan(5)
    })

    // Not a null coffer's: PyCoffer opens another coffer in the place of the loose file there. Fernet banks have none there.
    test.each(['store', 'market', 'bank-aes'] as const)('loose files of a %s, both ways', async (kind) => {
      const shared: Shared = { kind, path: join(folder, `loose-${kind}-${version}.pcof`), keys: await keysFor(kind) }
      const plain = text(1_200_000)
      const file = (name: string): string => `${shared.path}.${name}`
      const files = { plain: file('plain'), ours: file('ours'), theirs: file('theirs'), back: file('back') }
      const coffer = await openOurs(shared, { mode: 'x' })
      const crypt = await coffer.plugin<Crypt>('crypt')
      await writeFile(files.plain, plain)
      await writeFile(files.ours, await crypt.encrypt(plain))
      await coffer.close()
      const theirs = await openTheirs(pycoffer, shared)
      await theirs.decrypt(files.ours, files.back)
      await theirs.encrypt(files.plain, files.theirs)
      await theirs.close()
      expect(digestOf(await readFile(files.back))).toEqual(digestOf(plain))
      const again = await openOurs(shared)
      const cryptAgain = await again.plugin<Crypt>('crypt')
      expect(digestOf(await cryptAgain.decrypt(new Uint8Array(await readFile(files.theirs))))).toEqual(digestOf(plain))
      await again.close()
    })

    test('each keeps the other out while it has the coffer open', async () => {
      const shared: Shared = { kind: 'store', path: join(folder, `lock-${version}.pcof`), keys: await keysFor('store') }
      const ours = await openOurs(shared, { mode: 'x' })
      await ours.write('a', 'b')
      await ours.flush()
      const opening = pycoffer.open({ kind: 'store', path: shared.path, ...shared.keys, lockTimeoutSeconds: 0.2 })
      await expect(opening).rejects.toMatchObject({ className: 'Timeout' })
      await ours.close()
      const theirs = await openTheirs(pycoffer, shared)
      await expect(openOurs(shared, { lockTimeoutMs: 200 })).rejects.toMatchObject({ code: 'ERR_COFFER_LOCKED' })
      await theirs.close()
      const again = await openOurs(shared)
      expect(await again.readText('a')).toBe('b')
      await again.close()
    })
  })
}
