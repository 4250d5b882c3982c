import { generateKeys, openCoffer, SourceError, type BrowserCoffer } from '@coffer/browser'
import type { Member } from '@coffer/core'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { page, userEvent } from 'vitest/browser'
import { failureOf, patternOf, uniqueName } from './support.js'

let coffer: BrowserCoffer

beforeEach(async () => {
  coffer = await openCoffer(uniqueName(), { mode: 'x', keys: await generateKeys('store') })
})
afterEach(async () => {
  await coffer.close()
})

async function namesOf(): Promise<string[]> {
  const names: string[] = []
  for await (const { name, type } of coffer.members()) names.push(type === 'directory' ? `${name}/` : name)
  return names.toSorted()
}

async function newDirectory(): Promise<FileSystemDirectoryHandle> {
  const root = await navigator.storage.getDirectory()
  return root.getDirectoryHandle(`tree-${crypto.randomUUID()}`, { create: true })
}

async function writeFile(directory: FileSystemDirectoryHandle, name: string, content: string | Uint8Array<ArrayBuffer>): Promise<void> {
  const writable = await (await directory.getFileHandle(name, { create: true })).createWritable()
  await writable.write(content)
  await writable.close()
}

async function textAt(directory: FileSystemDirectoryHandle, path: string): Promise<string> {
  const parts = path.split('/')
  let at = directory
  for (const part of parts.slice(0, -1)) at = await at.getDirectoryHandle(part)
  return (await (await at.getFileHandle(parts.at(-1) ?? '')).getFile()).text()
}

/** A directory as a system has it that ignores case, and the number of files that were written at the same time. */
function ignoringCase(directory: FileSystemDirectoryHandle): { target: FileSystemDirectoryHandle; mostOpen: () => number } {
  let open = 0
  let most = 0
  const fileOf = (handle: FileSystemFileHandle): object => ({
    async createWritable() {
      const writable = await handle.createWritable()
      most = Math.max(most, ++open)
      return {
        write: (bytes: Uint8Array<ArrayBuffer>) => writable.write(bytes),
        close: async () => {
          await writable.close()
          open -= 1
        },
        abort: () => writable.abort(),
      }
    },
  })
  const folded = (handle: FileSystemDirectoryHandle): object => ({
    getFileHandle: async (name: string, options?: FileSystemGetFileOptions) => fileOf(await handle.getFileHandle(name.toLowerCase(), options)),
    getDirectoryHandle: async (name: string, options?: FileSystemGetDirectoryOptions) => folded(await handle.getDirectoryHandle(name.toLowerCase(), options)),
    removeEntry: (name: string) => handle.removeEntry(name.toLowerCase()),
  })
  return { target: folded(directory) as FileSystemDirectoryHandle, mostOpen: () => most }
}

describe('adding', () => {
  test('a path is no place to extract to', async () => {
    await expect(coffer.extract('', 'path' as unknown as FileSystemDirectoryHandle)).rejects.toThrow(TypeError)
  })

  test('a file keeps its name and time, a blob gets a name', async () => {
    const file = new File(['one'], 'a.txt', { lastModified: Date.UTC(2020, 0, 2) })
    expect(await coffer.add(file)).toEqual({ files: 1, directories: 0, bytes: 3 })
    await coffer.add(new Blob(['two']), 'notes/b.txt')
    expect(await namesOf()).toEqual(['a.txt', 'notes/b.txt'])
    expect(((await coffer.stat('a.txt')) as Member).mtimeMs).toBe(Date.UTC(2020, 0, 2))
    expect(await coffer.readText('notes/b.txt')).toBe('two')
    expect(await failureOf(coffer.add(new Blob(['x'])))).toMatchObject({ code: 'ERR_COFFER_NAME' })
    expect(await failureOf(coffer.add('text' as unknown as Blob))).toBeInstanceOf(TypeError)
  })

  test('a stream, which is larger than what waits in memory', async () => {
    const piece = patternOf(1_000_000)
    let left = 12
    const stream = new ReadableStream<Uint8Array>({ pull: (controller) => (left-- > 0 ? controller.enqueue(piece) : controller.close()) })
    const done: number[] = []
    await coffer.add(stream, 'long', { onProgress: (progress) => done.push(progress.done) })
    expect(((await coffer.stat('long')) as Member).size).toBe(12_000_000)
    expect(done.at(-1)).toBe(12_000_000)
    const tail = await coffer.read('long', { start: 11_999_990 })
    expect(tail).toEqual(piece.slice(-10))
  })

  test('a list from an input, with the directories that it says', async () => {
    const input = document.createElement('input')
    input.type = 'file'
    input.multiple = true
    document.body.append(input)
    await userEvent.upload(page.elementLocator(input), [new File(['1'], 'one.txt'), new File(['22'], 'two.txt')])
    expect(input.files?.length).toBe(2)
    await coffer.add(input.files as FileList)
    await coffer.add(input.files as FileList, 'in/here')
    input.remove()
    const inDirectory = new File(['333'], 'three.txt')
    Object.defineProperty(inDirectory, 'webkitRelativePath', { value: 'photos/2020/three.txt' })
    expect(await coffer.add([inDirectory])).toEqual({ files: 1, directories: 0, bytes: 3 })
    expect(await namesOf()).toEqual(['in/here/one.txt', 'in/here/two.txt', 'one.txt', 'photos/2020/three.txt', 'two.txt'])
  })

  test('a directory by its handle, without what is excluded', async () => {
    const directory = await newDirectory()
    await writeFile(directory, 'a.txt', 'one')
    const sub = await directory.getDirectoryHandle('sub', { create: true })
    await writeFile(sub, 'b.txt', 'two')
    await (await directory.getDirectoryHandle('left-out', { create: true })).getDirectoryHandle('inner', { create: true })
    const report = await coffer.add(directory, 'tree', { exclude: (name) => name.endsWith('left-out') })
    expect(report).toEqual({ files: 2, directories: 2, bytes: 6 })
    expect(await namesOf()).toEqual(['tree/', 'tree/a.txt', 'tree/sub/', 'tree/sub/b.txt'])
    await coffer.add(await directory.getFileHandle('a.txt'))
    expect(await coffer.readText('a.txt')).toBe('one')
  })

  test('what is dropped, read before the event is over', async () => {
    const target = document.createElement('div')
    target.style.cssText = 'position: fixed; inset: 0'
    document.body.append(target)
    const transfer = new DataTransfer()
    transfer.items.add(new File(['one'], 'a.txt'))
    transfer.items.add(new File(['two'], 'b.txt'))
    const added = new Promise((resolve, reject) => {
      target.addEventListener('drop', (event) => void coffer.add(event.dataTransfer as DataTransfer, 'dropped').then(resolve, reject))
    })
    target.dispatchEvent(new DragEvent('drop', { dataTransfer: transfer, bubbles: true }))
    target.remove()
    expect(await added).toEqual({ files: 2, directories: 0, bytes: 6 })
    expect(await namesOf()).toEqual(['dropped/a.txt', 'dropped/b.txt'])
  })

  test('a dropped directory, by more entries than come at a time', async () => {
    const fileEntry = (name: string) => ({ name, fullPath: `/d/${name}`, isFile: true, isDirectory: false, file: (give: (file: File) => void) => give(new File([name], name)) })
    const batches = [Array.from({ length: 100 }, (_, i) => fileEntry(`f${i}`)), [fileEntry('last')], []]
    const entry = { name: 'd', fullPath: '/d', isFile: false, isDirectory: true, createReader: () => ({ readEntries: (give: (entries: unknown[]) => void) => give(batches.shift() ?? []) }) }
    expect(await coffer.add(entry as unknown as FileSystemEntry)).toMatchObject({ files: 101, directories: 1 })
    expect(await coffer.readText('d/last')).toBe('last')
  })

  test('is all or nothing', async () => {
    await coffer.add(new File(['old'], 'b.txt'))
    const files = [new File(['new'], 'a.txt'), new File(['new'], 'b.txt')]
    expect(await failureOf(coffer.add(files, undefined, { replace: false }))).toMatchObject({ code: 'ERR_COFFER_EXISTS' })
    const reason = new Error('enough')
    expect(await failureOf(coffer.add(files, undefined, { signal: AbortSignal.abort(reason) }))).toBe(reason)
    expect(await namesOf()).toEqual(['b.txt'])
    expect(await coffer.readText('b.txt')).toBe('old')
  })

  // Of several blocks: such a file is not in the coffer yet when the next one is begun.
  const large = patternOf(700_000)

  test.each([undefined, false, true])('refuses two of one name, of which one would be lost (replace: %s)', async (replace) => {
    await coffer.write('a', 'before')
    const files = [new File([large], 'b'), new File([large], 'a'), new File(['second'], 'a')]
    expect(await failureOf(coffer.add(files, undefined, { replace }))).toMatchObject({ code: 'ERR_COFFER_EXISTS' })
    expect(await namesOf()).toEqual(['a'])
    expect(await coffer.readText('a')).toBe('before')
  })

  test('refuses a file below a file of the same list', async () => {
    const below = new File(['x'], 'b')
    Object.defineProperty(below, 'webkitRelativePath', { value: 'a/b' })
    expect(await failureOf(coffer.add([new File([large], 'a'), below]))).toMatchObject({ code: 'ERR_COFFER_CONFLICT' })
    expect(await namesOf()).toEqual([])
  })

  test('many of different sizes are what they were', async () => {
    const sizes = [0, 1, 3000, 40_000, 524_288, 524_289, 1_200_000]
    const files = Array.from({ length: 35 }, (_, i) => new File([patternOf(sizes[i % 7] ?? 0, i)], `f${i}`))
    expect(await coffer.add(files)).toMatchObject({ files: 35 })
    for (const i of files.keys()) {
      const read = await coffer.read(`f${i}`)
      const expected = patternOf(sizes[i % 7] ?? 0, i)
      expect(read.length).toBe(expected.length)
      expect(read.findIndex((byte, at) => byte !== expected[at])).toBe(-1)
    }
    expect(await coffer.verify()).toMatchObject({ ok: true })
  })
})

describe('extracting', () => {
  beforeEach(async () => {
    await coffer.write('d/a.txt', 'one', { mtime: Date.UTC(2020, 0, 2, 3, 4, 6) })
    await coffer.write('d/sub/large', patternOf(9_000_000))
    await coffer.makeDirectory('d/empty')
    await coffer.link('d/link', 'a.txt')
    await coffer.write('other', 'two')
  })

  test('a file to a blob', async () => {
    const blob = await coffer.extract('d/sub/large')
    expect(blob.size).toBe(9_000_000)
    expect(new Uint8Array(await blob.slice(8_999_000).arrayBuffer())).toEqual(patternOf(9_000_000).slice(8_999_000))
    expect(await failureOf(coffer.extract('missing'))).toMatchObject({ code: 'ERR_COFFER_NOT_FOUND' })
  })

  test('a tree into a directory, all into another', async () => {
    const directory = await newDirectory()
    const done: number[] = []
    const report = await coffer.extract('d', directory, { onProgress: (progress) => done.push(progress.done) })
    expect(report).toEqual({ files: 2, bytes: 9_000_003, problems: [expect.objectContaining({ name: 'd/link', code: 'ERR_COFFER_UNSUPPORTED' })] })
    expect(done.at(-1)).toBe(9_000_003)
    expect(await textAt(directory, 'd/a.txt')).toBe('one')
    await (await directory.getDirectoryHandle('d')).getDirectoryHandle('empty')
    expect(await failureOf(textAt(directory, 'other'))).toMatchObject({ name: 'NotFoundError' })
    expect((await coffer.extractAll(await newDirectory())).files).toBe(3)
  })

  test('writes several files at once; of two names that the system does not tell apart the first, whole', async () => {
    const sizes = [0, 3000, 40_000, 524_289]
    for (let i = 0; i < 40; i++) await coffer.write(`many/f${i}`, patternOf(sizes[i % 4] ?? 0, i))
    await coffer.write('many/F7', 'another')
    const directory = await newDirectory()
    const { target, mostOpen } = ignoringCase(directory)
    const { files, problems } = await coffer.extract('many', target)
    expect(files).toBe(40)
    expect(problems.map(({ name, code }) => [name, code])).toEqual([['many/F7', 'ERR_COFFER_CONFLICT']])
    expect(mostOpen()).toBeGreaterThan(1)
    const many = await directory.getDirectoryHandle('many')
    for (let i = 0; i < 40; i++) {
      const read = new Uint8Array(await (await (await many.getFileHandle(`f${i}`)).getFile()).arrayBuffer())
      const expected = patternOf(sizes[i % 4] ?? 0, i)
      expect(read.length).toBe(expected.length)
      expect(read.findIndex((byte, at) => byte !== expected[at])).toBe(-1)
    }
  })

  test('an abort leaves files that are whole, and none else', async () => {
    for (let i = 0; i < 40; i++) await coffer.write(`many/f${i}`, patternOf(100_000, i))
    const directory = await newDirectory()
    const controller = new AbortController()
    const reason = new Error('enough')
    const onProgress = ({ done }: { done: number }): void => {
      if (done >= 1_000_000) controller.abort(reason)
    }
    expect(await failureOf(coffer.extract('many', directory, { signal: controller.signal, onProgress }))).toBe(reason)
    const left: number[] = []
    for await (const handle of (await directory.getDirectoryHandle('many')).values()) left.push((await (handle as FileSystemFileHandle).getFile()).size)
    expect(left.length).toBeGreaterThan(1)
    expect(left.length).toBeLessThan(40)
    expect(new Set(left)).toEqual(new Set([100_000]))
  })

  test('an abort is told as it is; a failure of the content is none of the name', async () => {
    const target = await newDirectory()
    const failure = await failureOf(coffer.extractAll(target, { signal: AbortSignal.abort() }))
    expect(failure).toMatchObject({ name: 'AbortError' })
    const controller = new AbortController()
    const late = failureOf(coffer.extractAll(await newDirectory(), { signal: controller.signal, onProgress: () => controller.abort() }))
    expect(await late).toMatchObject({ name: 'AbortError' })
    const mistake = new TypeError('of the caller')
    const onProgress = (): void => {
      throw mistake
    }
    expect(await failureOf(coffer.extractAll(await newDirectory(), { onProgress }))).toBe(mistake)
  })

  test('a file that cannot be opened for writing is not left behind', async () => {
    const root = await newDirectory()
    const failing = {
      getDirectoryHandle: () => Promise.resolve(failing),
      getFileHandle: async (name: string, options?: FileSystemGetFileOptions) => {
        await root.getFileHandle(name, options)
        return { createWritable: () => Promise.reject(new DOMException('no', 'NoModificationAllowedError')) }
      },
      removeEntry: (name: string) => root.removeEntry(name),
    }
    const { files, problems } = await coffer.extract('d/a.txt', failing as unknown as FileSystemDirectoryHandle)
    expect([files, problems.map(({ code }) => code)]).toEqual([0, ['ERR_COFFER_PERMISSION']])
    expect(await failureOf(root.getFileHandle('a.txt'))).toMatchObject({ name: 'NotFoundError' })
  })

  test('leaves what is in the way, and says so', async () => {
    const directory = await newDirectory()
    await writeFile(directory, 'other', 'mine')
    await writeFile(directory, 'd', 'a file where a directory is needed')
    const { problems, files } = await coffer.extractAll(directory, { overwrite: false })
    expect(files).toBe(0)
    expect(problems.map(({ name, code }) => [name, code])).toEqual(
      expect.arrayContaining([
        ['d/a.txt', 'ERR_COFFER_CONFLICT'],
        ['other', 'ERR_COFFER_EXISTS'],
      ]),
    )
    expect(await textAt(directory, 'other')).toBe('mine')
  })

  test('a tar archive, as tools read it', async () => {
    const blob = await coffer.extract('d')
    const again = await openCoffer(uniqueName(), { mode: 'x', variant: 'null' })
    const bytes = new Uint8Array(await blob.arrayBuffer())
    expect(bytes.length % 512).toBe(0)
    expect(tarNames(bytes)).toEqual(['d/a.txt', 'd/sub/large', 'd/empty/', 'd/link'])
    await again.close()
  })

  test('a zip archive, whole or as a stream', async () => {
    const blob = await coffer.extract('d', undefined, { format: 'zip' })
    expect(blob.type).toBe('application/zip')
    const streamed = await new Response(coffer.archive('', 'zip')).arrayBuffer()
    expect(zipNames(new Uint8Array(streamed))).toEqual(['d/a.txt', 'd/sub/large', 'd/empty/', 'other'])
    expect(zipNames(new Uint8Array(await blob.arrayBuffer()))).toEqual(['d/a.txt', 'd/sub/large', 'd/empty/'])
  })
})

test.each([['small', 10], ['large', 3_000_000]])('a %s file that is gone before it is read is named, and nothing is added', async (_, length) => {
  const directory = await newDirectory()
  await writeFile(directory, 'gone.txt', 'x'.repeat(length))
  const gone = await (await directory.getFileHandle('gone.txt')).getFile()
  await directory.removeEntry('gone.txt')
  const error = await failureOf(coffer.add([new File(['here'], 'here.txt'), gone]))
  expect(error).toBeInstanceOf(SourceError)
  expect(error).toMatchObject({ code: 'ERR_COFFER_IO', source: 'gone.txt', message: expect.stringContaining('Could not read "gone.txt" to add it') as string })
  expect(await namesOf()).toEqual([])
})

function tarNames(bytes: Uint8Array): string[] {
  const names: string[] = []
  const text = (from: number, length: number): string => new TextDecoder('latin1').decode(bytes.subarray(from, from + length)).replace(/\0.*$/s, '')
  for (let at = 0; bytes[at] !== 0; ) {
    names.push(text(at, 100))
    at += 512 + Math.ceil(Number.parseInt(text(at + 124, 11), 8) / 512) * 512
  }
  return names
}

/** Of the central directory. */
function zipNames(bytes: Uint8Array): string[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const end = bytes.length - 22
  expect(view.getUint32(end, true)).toBe(0x06054b50)
  const names: string[] = []
  for (let at = view.getUint32(end + 16, true); view.getUint32(at, true) === 0x02014b50; ) {
    const length = view.getUint16(at + 28, true)
    names.push(new TextDecoder().decode(bytes.subarray(at + 46, at + 46 + length)))
    at += 46 + length + view.getUint16(at + 30, true) + view.getUint16(at + 32, true)
  }
  return names
}
