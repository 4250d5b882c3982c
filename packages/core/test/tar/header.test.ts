import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { concat, utf8 } from '../../src/bytes/bytes.js'
import { encodeHeader, paddingBytes, type TarMeta } from '../../src/tar/header.js'
import { nameProblem } from '../../src/tar/names.js'
import { readTar } from '../../src/tar/reader.js'
import { inPieces, noise } from '../zstd/support.js'
import { archive, meta, python, readAll } from './support.js'

const GIB = 2 ** 30
const LAST_SECOND = 253_402_300_799

/** Names at every edge of the fields, of 100 and of 155 and 1 and 100 bytes. */
const edgeNames = [
  'a',
  'b/b c/-d',
  'new\nline',
  'x'.repeat(99),
  'x'.repeat(100),
  'x'.repeat(101),
  `${'p'.repeat(100)}/${'n'.repeat(100)}`,
  `${'p'.repeat(155)}/${'n'.repeat(99)}`,
  `${'p'.repeat(155)}/${'n'.repeat(100)}`,
  `${'p'.repeat(156)}/${'n'.repeat(99)}`,
  `${'p'.repeat(155)}/${'n'.repeat(101)}`,
  'é',
  'e\u0301/日本語/😀',
  'del\u007f',
  `${'d/'.repeat(1749)}xx`,
  `${'ä'.repeat(120)}/${'ö'.repeat(120)}`,
]

describe('ustar headers', () => {
  test('are laid out as POSIX says', () => {
    const block = encodeHeader({ name: 'dir/file', type: 'file', size: 1000, mode: 0o640, mtime: 1_700_000_000 })
    const text = (at: number, length: number): string => new TextDecoder('latin1').decode(block.subarray(at, at + length))
    expect(block.length).toBe(512)
    expect(text(0, 100)).toBe('dir/file'.padEnd(100, '\0'))
    expect(text(100, 24)).toBe('0000640\x000000000\x000000000\0')
    expect(text(124, 24)).toBe('00000001750\x0014524770400\0')
    expect(text(156, 1)).toBe('0')
    expect(text(257, 8)).toBe('ustar\x0000')
    expect(text(265, 247)).toBe('\0'.repeat(247))
    let sum = 8 * 32
    for (let i = 0; i < 512; i++) if (i < 148 || i >= 156) sum += block[i] as number
    expect(text(148, 8)).toBe(`${sum.toString(8).padStart(6, '0')}\0 `)
  })

  test('are one block where the name fits, split at a slash if need be', () => {
    const lengths = edgeNames.map((name) => encodeHeader({ ...meta, name }).length)
    expect(lengths).toEqual([512, 512, 512, 512, 512, 1536, 512, 512, 512, 1536, 1536, 1536, 1536, 1536, 4608, 1536])
  })

  test('never leave the name field empty, with all of a directory in the prefix', () => {
    for (const length of [100, 101, 154, 155]) {
      expect(encodeHeader({ ...meta, type: 'directory', name: 'x'.repeat(length) }).length).toBe(1536)
    }
  })

  test('have a length that neither size, mode nor mtime changes', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...edgeNames),
        fc.constantFrom('file' as const, 'directory' as const),
        fc.maxSafeNat(),
        fc.integer({ min: 0, max: 0o7777 }),
        fc.integer({ min: 0, max: LAST_SECOND }),
        (name, type, size, mode, mtime) => {
          expect(encodeHeader({ name, type, size, mode, mtime }).length).toBe(encodeHeader({ ...meta, name, type }).length)
        },
      ),
    )
  })

  test('are the same for the same entry', () => {
    for (const name of edgeNames) expect(encodeHeader({ ...meta, name })).toEqual(encodeHeader({ ...meta, name }))
  })

  test.each([
    [-5, 0],
    [1.9, 1],
    [1e20, LAST_SECOND],
    [LAST_SECOND, LAST_SECOND],
  ])('keep a time of %d within what tar and Python hold', async (mtime, kept) => {
    expect((await readAll(encodeHeader({ ...meta, mtime })))[0]?.mtime).toBe(kept)
  })

  test('are padded to whole blocks', () => {
    expect([0, 1, 511, 512, 513, 8 * GIB + 1].map(paddingBytes)).toEqual([0, 511, 1, 0, 511, 511])
  })
})

describe('what is written comes back', () => {
  const name = fc
    .array(fc.oneof(fc.string({ unit: 'grapheme', minLength: 1, maxLength: 40 }), fc.string({ unit: 'grapheme-ascii', minLength: 1, maxLength: 120 })), {
      minLength: 1,
      maxLength: 5,
    })
    .map((parts) => parts.map((part) => part.replaceAll('/', '_')).join('/'))
    .filter((text) => nameProblem(text) === undefined)
  const entry = fc.record({
    name,
    type: fc.constantFrom('file' as const, 'directory' as const, 'symlink' as const),
    mode: fc.integer({ min: 0, max: 0o7777 }),
    mtime: fc.integer({ min: 0, max: LAST_SECOND }),
    link: name,
    content: fc.uint8Array({ maxLength: 1200 }),
  })

  test('for any entries, in any pieces', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(entry, { maxLength: 5 }), fc.integer({ min: 1, max: 2000 }), async (entries, pieceBytes) => {
        const written = entries.map(({ link, content, ...rest }) => ({
          ...rest,
          ...(rest.type === 'symlink' ? { link } : {}),
          content: rest.type === 'file' ? content : new Uint8Array(0),
        }))
        const read = await readAll(archive(written), pieceBytes)
        expect(read.length).toBe(written.length)
        for (const [i, one] of written.entries()) expect(read[i]).toEqual({ link: undefined, size: one.content.length, ...one })
      }),
    )
  })

  test.each([0, 1, 8 * GIB - 1, 8 * GIB, 8 * GIB + 1, 2 ** 53 - 1])('for a size of %d', async (size) => {
    for await (const entry of readTar(inPieces(encodeHeader({ ...meta, size })))) {
      expect(entry.size).toBe(size)
      return
    }
    throw new Error('no entry')
  })
})

describe('other programs', () => {
  const files = edgeNames.filter((name) => !name.startsWith('d/'))
  const entries: (Partial<TarMeta> & { content?: Uint8Array })[] = [
    { name: '.', type: 'directory', mode: 0o700 },
    ...[98, 99, 100, 101, 154, 155, 156, 255].map((length) => ({ name: 'x'.repeat(length), type: 'directory', mode: 0o750 }) as const),
    ...files.map((name, i) => ({ name: `f/${name}`, content: noise(i * 300, i), mode: 0o600, mtime: 1_600_000_000 + i })),
    { name: 'deep/'.repeat(600) + 'er', content: utf8('deep') },
    { name: 'link', type: 'symlink', link: 'f/a' },
    { name: 'far link', type: 'symlink', link: `f/${'é'.repeat(200)}` },
    { name: 'zürich/ordner', type: 'directory', mode: 0o755 },
  ]
  const bytes = archive(entries)

  test("Python's tarfile lists what was written", () => {
    const listing = python(
      `
import hashlib, io, json, sys, tarfile
t = tarfile.open(fileobj=io.BytesIO(sys.stdin.buffer.read()))
kinds = {tarfile.REGTYPE: 'file', tarfile.DIRTYPE: 'directory', tarfile.SYMTYPE: 'symlink'}
print(json.dumps([[m.name, kinds[m.type], m.size, m.mode, int(m.mtime), m.linkname, t.extractfile(m).read().hex() if m.isreg() else ''] for m in t]))
`,
      bytes,
    )
    const expected = entries.map(({ name, type = 'file', mode = 0o644, mtime = 0, link = '', content = new Uint8Array(0) }) => [
      name,
      type,
      content.length,
      mode,
      mtime,
      link,
      Buffer.from(content).toString('hex'),
    ])
    expect(JSON.parse(new TextDecoder().decode(listing))).toEqual(expected)
  })

  test('Python takes the sizes around 8 GiB', () => {
    const sizes = [8 * GIB - 1, 8 * GIB, 9 * GIB, 2 ** 50]
    const heads = concat(sizes.map((size) => encodeHeader({ ...meta, size })))
    const script = `
import sys, tarfile
data = sys.stdin.buffer.read()
print([tarfile.TarInfo.frombuf(data[i:i + 512], 'utf-8', 'strict').size for i in range(0, len(data), 512)])
`
    expect(JSON.parse(new TextDecoder().decode(python(script, heads)))).toEqual(sizes)
  })

  test('GNU tar extracts it', () => {
    const directory = mkdtempSync(join(tmpdir(), 'coffer-tar-'))
    try {
      execFileSync('tar', ['xf', '-', '-C', directory], { input: bytes })
      for (const { name = '', type = 'file', content = new Uint8Array(0), mtime = 0 } of entries) {
        // Longer than a path may be in one call.
        if (type !== 'file' || name.length > 2500) continue
        expect(Buffer.compare(readFileSync(join(directory, name)), content)).toBe(0)
        expect(statSync(join(directory, name)).mtimeMs).toBe(mtime * 1000)
      }
      expect(statSync(join(directory, 'zürich/ordner')).isDirectory()).toBe(true)
      expect(readFileSync(join(directory, 'link'))).toEqual(readFileSync(join(directory, 'f/a')))
    } finally {
      rmSync(directory, { recursive: true, force: true })
    }
  })

  test('GNU tar lists a size of 9 GiB and a file behind a name of 3,500 bytes', () => {
    const long = `${'d/'.repeat(1749)}xx`
    const listed = execFileSync('tar', ['tf', '-'], { input: archive([{ name: long, content: noise(10, 1) }, { name: 'after' }]) })
    expect(listed.toString()).toBe(`${long}\nafter\n`)
    const big = execFileSync('sh', ['-c', 'tar tvf - 2>/dev/null || true'], { input: encodeHeader({ ...meta, size: 9 * GIB }) })
    expect(big.toString()).toContain(` ${9 * GIB} `)
  })
})
