import { isCofferError, type CofferStorage, type StorageFile } from '@coffer/core'
import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect } from 'vitest'
import { suiteWith, type Skip } from './skips.js'

export interface StorageSuite {
  readonly name: string
  /** A place with nothing there, another one for every test. */
  readonly create: () => Promise<CofferStorage>
  readonly dispose?: (storage: CofferStorage) => Promise<void>
  /** What `backup(extension)` keeps; `undefined` where nothing was kept. */
  readonly readBackup?: (storage: CofferStorage, extension: string) => Promise<Uint8Array | undefined>
  readonly skip?: readonly Skip[]
}

/** What every storage must do. */
export function testStorage(suite: StorageSuite): void {
  describe(`storage: ${suite.name}`, () => {
    let storage: CofferStorage
    const opened: StorageFile[] = []
    const { check, end } = suiteWith(suite.skip)

    beforeEach(async () => {
      storage = await suite.create()
    })
    afterEach(async () => {
      for (const file of opened.splice(0)) await file.close()
      await suite.dispose?.(storage)
    })

    const tracked = <T extends StorageFile>(file: T): T => {
      opened.push(file)
      return file
    }
    const open = async (access: 'read' | 'write'): Promise<StorageFile> => {
      const file = await storage.open(access)
      if (!file) throw new Error('There is nothing at the place.')
      return tracked(file)
    }
    const publish = async (bytes: Uint8Array): Promise<StorageFile> => {
      const file = tracked(await storage.replace())
      await file.write(0, bytes)
      await file.publish()
      return file
    }
    const contentOf = async (file: StorageFile): Promise<Uint8Array> => file.read(0, await file.size())
    const contentThere = async (): Promise<Uint8Array> => contentOf(await open('read'))

    check('has a name for messages', async () => {
      expect(storage.name).toMatch(/./)
    })

    check('an empty place has no file', async () => {
      expect(await storage.open('read')).toBeUndefined()
      expect(await storage.open('write')).toBeUndefined()
      await storage.backup('.bak')
      expect(await storage.open('read')).toBeUndefined()
    })

    check('a replacement is not there before it is published', async () => {
      const file = tracked(await storage.replace())
      await file.write(0, bytesOf('new'))
      await file.sync()
      expect(await storage.open('read')).toBeUndefined()
      expect(await file.isCurrent()).toBe(false)
      await file.publish()
      expect(await file.isCurrent()).toBe(true)
      expect(await contentThere()).toEqual(bytesOf('new'))
    })

    check('a replacement that is closed leaves what was there', async () => {
      await publish(bytesOf('old'))
      const file = await storage.replace()
      await file.write(0, bytesOf('new'))
      await file.close()
      expect(await contentThere()).toEqual(bytesOf('old'))
    })

    check('a published file stays open for reading and writing', async () => {
      const file = await publish(bytesOf('one'))
      await file.write(3, bytesOf(' two'))
      await file.sync()
      expect(await contentOf(file)).toEqual(bytesOf('one two'))
      expect(await contentThere()).toEqual(bytesOf('one two'))
    })

    check('an empty file is a file', async () => {
      const file = tracked(await storage.replace())
      await file.publish()
      expect(await (await open('read')).size()).toBe(0)
    })

    check('readers of a replaced file keep its bytes', async () => {
      await publish(bytesOf('the old content'))
      const reader = await open('read')
      const writer = await open('write')
      await publish(bytesOf('new'))
      expect(await contentOf(reader)).toEqual(bytesOf('the old content'))
      expect(await reader.isCurrent()).toBe(false)
      expect(await writer.isCurrent()).toBe(false)
      await writer.write(0, bytesOf('XXX'))
      expect(await contentThere()).toEqual(bytesOf('new'))
    })

    check('a reader sees what a writer of the same file adds', async () => {
      await publish(bytesOf('one'))
      const reader = await open('read')
      const writer = await open('write')
      await writer.write(3, bytesOf(' two'))
      await writer.sync()
      expect(await contentOf(reader)).toEqual(bytesOf('one two'))
      expect(await reader.isCurrent()).toBe(true)
    })

    check('reads are shorter only at the end', async () => {
      const file = await publish(patternOf(200_000))
      expect(await file.read(199_990, 100)).toEqual(patternOf(200_000).subarray(199_990))
      expect(await file.read(200_000, 10)).toEqual(new Uint8Array(0))
      expect(await file.read(900_000, 10)).toEqual(new Uint8Array(0))
      expect(await file.read(10, 0)).toEqual(new Uint8Array(0))
      expect(await file.read(65_530, 12)).toEqual(patternOf(200_000).subarray(65_530, 65_542))
    })

    check('what is read belongs to the caller', async () => {
      const file = await publish(bytesOf('content'))
      ;(await file.read(0, 7)).fill(0)
      expect(await file.read(0, 7)).toEqual(bytesOf('content'))
    })

    check('what was written belongs to the caller again', async () => {
      const file = tracked(await storage.replace())
      const bytes = bytesOf('content')
      await file.write(0, bytes)
      bytes.fill(0)
      await file.publish()
      expect(await contentThere()).toEqual(bytesOf('content'))
    })

    check('a part of a buffer is written as that part', async () => {
      const file = await publish(patternOf(1000).subarray(100, 200))
      expect(await contentOf(file)).toEqual(patternOf(1000).slice(100, 200))
    })

    check('a gap reads as zeros', async () => {
      const file = await publish(bytesOf('ab'))
      await file.write(150_000, bytesOf('cd'))
      const expected = new Uint8Array(150_002)
      expected.set(bytesOf('ab'))
      expected.set(bytesOf('cd'), 150_000)
      expect(same(await contentOf(file), expected)).toBe(true)
    })

    check('what was cut off reads as zeros when the file grows again', async () => {
      const file = await publish(patternOf(100_000))
      await file.truncate(10)
      expect(await file.size()).toBe(10)
      await file.write(99_999, Uint8Array.of(7))
      const expected = new Uint8Array(100_000)
      expected.set(patternOf(10))
      expected[99_999] = 7
      expect(same(await contentOf(file), expected)).toBe(true)
    })

    check('writing nothing changes nothing', async () => {
      const file = await publish(bytesOf('ab'))
      await file.write(1000, new Uint8Array(0))
      expect(await file.size()).toBe(2)
    })

    check('writes to different places may run at the same time', async () => {
      const file = tracked(await storage.replace())
      const content = patternOf(640_000)
      const starts = Array.from({ length: 64 }, (_, i) => i * 10_000)
      await Promise.all(starts.map((at) => file.write(at, content.subarray(at, at + 10_000))))
      const pieces = await Promise.all(starts.map((at) => file.read(at, 10_000)))
      expect(same(concat(pieces), content)).toBe(true)
      await file.publish()
      expect(same(await contentThere(), content)).toBe(true)
    })

    check('any writes, cuts and reads give what an array would', async () => {
      const at = fc.integer({ min: 0, max: 140_000 })
      const operation = fc.oneof(
        fc.record({ kind: fc.constant('write' as const), at, length: fc.integer({ min: 0, max: 80_000 }), seed: fc.nat(255) }),
        fc.record({ kind: fc.constant('truncate' as const), at }),
        fc.record({ kind: fc.constant('read' as const), at, length: fc.integer({ min: 0, max: 80_000 }) }),
      )
      await fc.assert(
        fc.asyncProperty(fc.array(operation, { minLength: 1, maxLength: 12 }), async (operations) => {
          const file = await storage.spool()
          try {
            let model = new Uint8Array(0)
            for (const step of operations) {
              if (step.kind === 'write') {
                const bytes = patternOf(step.length, step.seed)
                await file.write(step.at, bytes)
                if (bytes.length > 0) model = resized(model, Math.max(model.length, step.at + bytes.length))
                model.set(bytes, bytes.length > 0 ? step.at : 0)
              } else if (step.kind === 'truncate') {
                await file.truncate(Math.min(step.at, model.length))
                model = resized(model, Math.min(step.at, model.length))
              } else {
                expect(same(await file.read(step.at, step.length), model.subarray(step.at, step.at + step.length))).toBe(true)
              }
              expect(await file.size()).toBe(model.length)
            }
            expect(same(await contentOf(file), model)).toBe(true)
          } finally {
            await file.close()
          }
        }),
        { numRuns: 40 },
      )
    })

    check('a file opened for reading refuses to be changed', async () => {
      await publish(bytesOf('content'))
      const reader = await open('read')
      await expect(reader.write(0, bytesOf('X'))).rejects.toSatisfy((error) => isCofferError(error))
      await expect(reader.truncate(1)).rejects.toSatisfy((error) => isCofferError(error))
      expect(await contentThere()).toEqual(bytesOf('content'))
    })

    check('a closed file refuses, and may be closed twice', async () => {
      const file = await publish(bytesOf('content'))
      await file.close()
      await file.close()
      await expect(file.read(0, 1)).rejects.toSatisfy((error) => isCofferError(error, 'ERR_COFFER_IO'))
      await expect(file.write(0, bytesOf('X'))).rejects.toSatisfy((error) => isCofferError(error, 'ERR_COFFER_IO'))
      expect(await contentThere()).toEqual(bytesOf('content'))
    })

    check('a longer and then a shorter file take the place of one another', async () => {
      for (const length of [10, 300_000, 5, 0, 70_000]) {
        await publish(patternOf(length))
        expect(same(await contentThere(), patternOf(length))).toBe(true)
      }
    })

    check('two replacements do not disturb each other', async () => {
      const first = tracked(await storage.replace())
      const second = tracked(await storage.replace())
      await first.write(0, bytesOf('first'))
      await second.write(0, bytesOf('second'))
      await first.publish()
      expect(await contentThere()).toEqual(bytesOf('first'))
      await second.publish()
      expect(await contentThere()).toEqual(bytesOf('second'))
      expect(await first.isCurrent()).toBe(false)
    })

    check('spools are files of their own that nobody sees', async () => {
      const first = tracked(await storage.spool())
      const second = tracked(await storage.spool())
      await first.write(0, bytesOf('first'))
      await second.write(5, bytesOf('second'))
      expect(await contentOf(first)).toEqual(bytesOf('first'))
      expect((await contentOf(second)).subarray(5)).toEqual(bytesOf('second'))
      expect(await storage.open('read')).toBeUndefined()
      await first.close()
      await first.close()
    })

    const { readBackup } = suite
    if (readBackup) {
      check('a backup is a copy that later ones replace', async () => {
        const file = await publish(bytesOf('first'))
        await storage.backup('.bak')
        await file.write(0, bytesOf('FIRST and more'))
        expect(await readBackup(storage, '.bak')).toEqual(bytesOf('first'))
        await storage.backup('.bak')
        expect(await readBackup(storage, '.bak')).toEqual(bytesOf('FIRST and more'))
        expect(await readBackup(storage, '.other')).toBeUndefined()
        expect(await file.isCurrent()).toBe(true)
      })
    }

    end()
  })
}

function bytesOf(text: string): Uint8Array {
  return new TextEncoder().encode(text)
}

/** Bytes that are different everywhere near a multiple of any power of two. */
function patternOf(length: number, seed = 1): Uint8Array {
  const bytes = new Uint8Array(length)
  for (let i = 0; i < length; i++) bytes[i] = (i * 31 + (i >> 8) * 17 + seed) & 0xff
  return bytes
}

function resized(bytes: Uint8Array, length: number): Uint8Array<ArrayBuffer> {
  const out = new Uint8Array(length)
  out.set(bytes.subarray(0, length))
  return out
}

function concat(pieces: readonly Uint8Array[]): Uint8Array {
  return new Uint8Array(pieces.flatMap((piece) => [...piece]))
}

/** Of large arrays, whose difference nobody wants to see. */
function same(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, i) => byte === b[i])
}
