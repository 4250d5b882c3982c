import { createRequire } from 'node:module'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { concat, utf8 } from '../../src/bytes/bytes.js'
import { isCofferError } from '../../src/errors.js'
import { encodeHeader } from '../../src/tar/header.js'
import { readTar } from '../../src/tar/reader.js'
import { collect, failureOf, flip, inPieces, noise } from '../zstd/support.js'
import { archive, extended, forge, meta, python, readAll, record } from './support.js'

const file = archive([{ name: 'a', content: utf8('content') }])

describe('archives of other programs', () => {
  const script = (format: string): string => `
import io, sys, tarfile
out = io.BytesIO()
t = tarfile.open(fileobj=out, mode='w', format=tarfile.${format})
def add(name, data=b'', **fields):
    m = tarfile.TarInfo(name); m.size = len(data); m.mtime = 1600000000
    for k, v in fields.items(): setattr(m, k, v)
    t.addfile(m, io.BytesIO(data))
add('./', type=tarfile.DIRTYPE, mode=0o755)
add('./plain.txt', b'plain', mode=0o640)
add('dir', type=tarfile.DIRTYPE, mode=0o700)
add('dir/empty')
add('dir/' + 'n' * 90 + '/' + 'm' * 60, b'x' * 1000)
add('hard', type=tarfile.LNKTYPE, linkname='./plain.txt')
add('soft', type=tarfile.SYMTYPE, linkname='../plain.txt')
if '${format}' != 'USTAR_FORMAT':
    add('z\\u00fcrich/' + 'l' * 300, b'y' * 513, mtime=1600000000.25)
    add('long link', type=tarfile.SYMTYPE, linkname='t' * 200)
    add('old', mtime=-5)
t.close()
sys.stdout.buffer.write(out.getvalue())
`

  test.each(['USTAR_FORMAT', 'GNU_FORMAT', 'PAX_FORMAT'])("Python's tarfile, %s", async (format) => {
    const bytes = python(script(format))
    for (const pieceBytes of [bytes.length, 512, 1, 700]) {
      const read = await readAll(bytes, pieceBytes)
      const simple = read.map(({ name, type, mode, link, content }) => [name, type, mode, link, content.length])
      expect(simple.slice(0, 7)).toEqual([
        ['', 'directory', 0o755, undefined, 0],
        ['plain.txt', 'file', 0o640, undefined, 5],
        ['dir', 'directory', 0o700, undefined, 0],
        ['dir/empty', 'file', 0o644, undefined, 0],
        [`dir/${'n'.repeat(90)}/${'m'.repeat(60)}`, 'file', 0o644, undefined, 1000],
        ['hard', 'hardlink', 0o644, 'plain.txt', 0],
        ['soft', 'symlink', 0o644, '../plain.txt', 0],
      ])
      expect(read[1]?.content).toEqual(utf8('plain'))
      expect(read[1]?.mtime).toBe(1_600_000_000)
      expect(read.length).toBe(format === 'USTAR_FORMAT' ? 7 : 10)
      if (format === 'USTAR_FORMAT') continue
      expect(simple.slice(7)).toEqual([
        [`zürich/${'l'.repeat(300)}`, 'file', 0o644, undefined, 513],
        ['long link', 'symlink', 0o644, 't'.repeat(200), 0],
        ['old', 'file', 0o644, undefined, 0],
      ])
      expect(read[7]?.mtime).toBe(format === 'PAX_FORMAT' ? 1_600_000_000.25 : 1_600_000_000)
      expect(read[9]?.mtime).toBe(-5)
    }
  })

  test('tar-js', async () => {
    // It decides at import whether to use what only browsers have, and has no types.
    const Tar = createRequire(import.meta.resolve('../../src/tar/header.ts'))('tar-js') as new () => {
      append(name: string, content: Uint8Array, options: { mode: number; mtime: number }): Uint8Array
    }
    const tar = new Tar()
    tar.append('one.txt', utf8('1'), { mode: 0o600, mtime: 1_500_000_000 })
    const bytes = tar.append('two/three.bin', noise(700, 1), { mode: 0o644, mtime: 1_500_000_001 }).slice()
    expect(await readAll(bytes)).toMatchObject([
      { name: 'one.txt', type: 'file', size: 1, mode: 0o600, mtime: 1_500_000_000, content: utf8('1') },
      { name: 'two/three.bin', type: 'file', size: 700, mode: 0o644, mtime: 1_500_000_001, content: noise(700, 1) },
    ])
  })

  test('types and numbers as they were before ustar', async () => {
    const old = (fields: [number, string][]): Uint8Array => forge(encodeHeader({ ...meta, name: 'old' }), [[156, '\0'], ...fields])
    expect(await readAll(concat([old([]), old([[0, 'dir/']]), old([[124, '    0 \0     ']])]))).toMatchObject([
      { name: 'old', type: 'file' },
      { name: 'dir', type: 'directory' },
      { name: 'old', type: 'file', size: 0 },
    ])
    // The prefix is ustar's alone, and not GNU's.
    expect((await readAll(old([[257, 'ustar  \0'], [345, 'prefix']])))[0]?.name).toBe('old')
  })

  test('headers that do not say that they are of ustar are none', async () => {
    await expect(readAll(forge(encodeHeader(meta), [[257, '\0'.repeat(8)]]))).rejects.toMatchObject({ code: 'ERR_COFFER_DAMAGED' })
  })

  test('directories and links that state a size have no content all the same', async () => {
    for (const typeFlag of ['5', '1', '2']) {
      const head = forge(encodeHeader({ ...meta, size: 512 }), [[156, typeFlag]])
      expect((await readAll(concat([head, file]))).map(({ name, size }) => [name, size])).toEqual([['a', 0], ['a', 7]])
    }
  })

  test('checksums of signed characters', async () => {
    const block = forge(encodeHeader(meta), [[0, utf8('é')]])
    let sum = 8 * 0x20
    for (let i = 0; i < 512; i++) if (i < 148 || i >= 156) sum += ((block[i] as number) << 24) >> 24
    block.set(utf8(`${sum.toString(8).padStart(6, '0')}\0 `), 148)
    expect((await readAll(block))[0]?.name).toBe('é')
  })
})

describe('pax headers', () => {
  const next = archive([{ name: 'short', content: utf8('12') }, { name: 'second' }])
  const first = async (...heads: Uint8Array[]): Promise<unknown> => {
    const [{ name, size, mtime } = { name: '', size: 0, mtime: 0 }, second] = await readAll(concat([...heads, next]))
    return { name, size, mtime, second: second?.name }
  }

  test('hold for the next entry, global ones for all, and give way in that order', async () => {
    expect(await first(extended('x', record('path', 'é') + record('mtime', '1.5')))).toEqual({ name: 'é', size: 2, mtime: 1.5, second: 'second' })
    expect(await first(extended('g', record('mtime', '7')), extended('x', record('mtime', '8')))).toMatchObject({ mtime: 8 })
    expect(await first(extended('g', record('path', 'g')))).toMatchObject({ name: 'g', second: 'g' })
    expect(await first(extended('g', record('path', 'g')), extended('x', record('path', '')))).toMatchObject({ name: 'short', second: 'g' })
    expect(await first(extended('x', record('size', '2')))).toMatchObject({ size: 2 })
  })

  test('may hold anything under other keys', async () => {
    const binary = concat([utf8('21 SCHILY.xattr.a='), Uint8Array.of(0xff, 0xfe), utf8('\n')])
    expect(await first(extended('x', binary))).toMatchObject({ name: 'short' })
  })

  test.each([
    ['no length', 'path=a\n'],
    ['a length that is too short', '5 path=a\n'],
    ['a length that is too long', '99 path=a\n'],
    ['a length of zero', '0 path=a\n'],
    ['a length of many digits', '00000000000000000000010 path=a\n'],
    ['a negative length', '-10 path=a\n'],
    ['no equals sign', '8 path\n\n'],
    ['no key', '5 =a\n'],
    ['no line end', '9 path=ab'],
    ['a size that is none', record('size', 'x')],
    ['a negative size', record('size', '-1')],
    ['a broken size', record('size', '1.5')],
    ['a huge size', record('size', '99999999999999999999')],
    ['a time that is none', record('mtime', 'nan')],
    ['a time without end', record('mtime', '1'.repeat(400))],
    ['a hexadecimal time', record('mtime', '0x10')],
  ])('with %s are refused', async (_, body) => {
    expect(await failureOf(() => first(extended('x', body)))).toBe('ERR_COFFER_DAMAGED')
  })

  test('of sparse files are refused, whose content is not what it seems', async () => {
    expect(await failureOf(() => first(extended('x', record('GNU.sparse.major', '1'))))).toBe('ERR_COFFER_UNSUPPORTED')
  })

  test('over 1 MiB, names over 64 KiB and names that are not UTF-8 are refused', async () => {
    const head = forge(encodeHeader({ ...meta, size: 1_048_577 }), [[156, 'x']])
    expect(await failureOf(() => first(head))).toBe('ERR_COFFER_LIMIT')
    expect(await failureOf(() => first(extended('x', record('path', 'p'.repeat(65_537)))))).toBe('ERR_COFFER_NAME')
    expect(await failureOf(() => first(extended('L', 'p'.repeat(65_537))))).toBe('ERR_COFFER_NAME')
    expect(await failureOf(() => first(extended('L', Uint8Array.of(0xff, 0))))).toBe('ERR_COFFER_NAME')
    expect(await failureOf(() => first(forge(encodeHeader(meta), [[0, Uint8Array.of(0xc0, 0xaf)]])))).toBe('ERR_COFFER_NAME')
  })

  test('do not add up in memory', async () => {
    // 64 MB of records that nobody asks for, each under a key of its own: 1000016 key00=xxx...
    const header = extended('g', record('key00', 'x'.repeat(1_000_000)))
    const source = async function* (): AsyncGenerator<Uint8Array> {
      for (let i = 0; i < 64; i++) {
        const one = header.slice()
        one.set(utf8(String(i).padStart(2, '0')), 512 + '1000016 key'.length)
        yield one
      }
      yield file
    }
    const before = process.memoryUsage().heapUsed
    for await (const entry of readTar(source())) {
      expect(entry.name).toBe('a')
      expect(process.memoryUsage().heapUsed - before).toBeLessThan(40_000_000)
    }
  })
})

describe('names', () => {
  test.each([
    ['./a', 'a'],
    ['/a', 'a'],
    ['///a//./b/', 'a/b'],
    ['./', ''],
    ['a/../b', 'a/../b'],
    ['...', '...'],
  ])('%j is read as %j', async (written, name) => {
    expect((await readAll(forge(encodeHeader({ ...meta, name: 'xxxxxxxxxxxx' }), [[0, `${written}\0`]])))[0]?.name).toBe(name)
  })
})

describe('contents', () => {
  const two = archive([
    { name: 'a', content: noise(5000, 1) },
    { name: 'b', content: noise(3000, 2) },
  ])

  test('that are not read, or not to the end, are skipped', async () => {
    for (const taken of [0, 1, 3]) {
      const names: string[] = []
      for await (const entry of readTar(inPieces(two, 700))) {
        names.push(entry.name)
        let count = 0
        if (taken > 0) for await (const piece of entry.content) if (piece.length > 0 && ++count === taken) break
      }
      expect(names).toEqual(['a', 'b'])
    }
  })

  test('of an entry that is past are not those of the next', async () => {
    const entries = readTar(inPieces(two, 700))
    const a = (await entries.next()).value as { content: AsyncIterable<Uint8Array> }
    await entries.next()
    await expect(collect(a.content)).rejects.toThrow(TypeError)
  })

  test('are not read ahead of the reader', async () => {
    let taken = 0
    const source = async function* (): AsyncGenerator<Uint8Array> {
      yield encodeHeader({ ...meta, size: 2 ** 40 })
      for (;;) {
        taken += 1
        yield new Uint8Array(65_536)
      }
    }
    for await (const entry of readTar(source())) {
      let pieces = 0
      for await (const piece of entry.content) {
        expect(piece.length).toBe(65_536)
        if (++pieces === 5) break
      }
      break
    }
    expect(taken).toBe(5)
  })
})

describe('the end', () => {
  test('is a zero block or the end of the stream', async () => {
    const end = new Uint8Array(1024)
    for (const bytes of [file, concat([file, end]), concat([file, new Uint8Array(512)]), concat([file, end, noise(100, 1)])]) {
      expect((await readAll(bytes)).map(({ name }) => name)).toEqual(['a'])
    }
    expect(await readAll(new Uint8Array(0))).toEqual([])
    expect(await readAll(end)).toEqual([])
  })

  test('is not inside an entry: every cut is noticed', async () => {
    const bytes = concat([archive([{ name: 'é', content: utf8('1') }, { name: 'b', content: noise(600, 1) }])])
    const ends = [0, 1536 + 512, bytes.length]
    for (let length = 0; length <= bytes.length; length += length % 512 === 0 || length % 512 === 511 ? 1 : 51) {
      const expected = ends.includes(length) ? 'no failure' : 'ERR_COFFER_DAMAGED'
      expect(await failureOf(() => readAll(bytes.subarray(0, length))), String(length)).toBe(expected)
    }
    expect(await failureOf(() => readAll(concat([extended('x', record('path', 'p')), new Uint8Array(1024)])))).toBe('ERR_COFFER_DAMAGED')
  })
})

describe('hostile archives', () => {
  const head = encodeHeader(meta)

  test.each([
    ['a wrong checksum', concat([head.subarray(0, 511), Uint8Array.of(1)]), 'ERR_COFFER_DAMAGED'],
    ['a size with a letter', forge(head, [[124, '0000000000x']]), 'ERR_COFFER_DAMAGED'],
    ['a size with a minus', forge(head, [[124, '-0000000001']]), 'ERR_COFFER_DAMAGED'],
    ['a negative size', forge(head, [[124, new Uint8Array(12).fill(0xff)]]), 'ERR_COFFER_DAMAGED'],
    ['a size beyond 2^53', forge(head, [[124, Uint8Array.of(0x80, 0, 0, 0, 0x20, 0, 0, 0, 0, 0, 0, 0)]]), 'ERR_COFFER_DAMAGED'],
    ['a size of bytes that are no text', forge(head, [[124, Uint8Array.of(0x30, 0xff)]]), 'ERR_COFFER_DAMAGED'],
    ['a time beyond 2^53', forge(head, [[136, Uint8Array.of(0x80, 0, 0, 0, 0x20, 0, 0, 0, 0, 0, 0, 0)]]), 'ERR_COFFER_DAMAGED'],
    ['a mode with a nine', forge(head, [[100, '0000649']]), 'ERR_COFFER_DAMAGED'],
    ['a character device', forge(head, [[156, '3']]), 'ERR_COFFER_UNSUPPORTED'],
    ['a pipe', forge(head, [[156, '6']]), 'ERR_COFFER_UNSUPPORTED'],
    ['a sparse file of GNU tar', forge(head, [[156, 'S']]), 'ERR_COFFER_UNSUPPORTED'],
    ['a long name of 8 GiB', forge(encodeHeader({ ...meta, size: 2 ** 33 }), [[156, 'L']]), 'ERR_COFFER_LIMIT'],
    ['an endless global header', forge(encodeHeader({ ...meta, size: 2 ** 50 }), [[156, 'g']]), 'ERR_COFFER_LIMIT'],
  ])('%s', async (_, bytes, code) => {
    expect(await failureOf(() => readAll(bytes))).toBe(code)
  })

  test('setuid and devices do not come through', async () => {
    expect((await readAll(forge(head, [[100, '7777777\0']])))[0]?.mode).toBe(0o7777)
  })

  test('a flipped bit of a header is noticed, or in the checksum without effect', async () => {
    const entries = await readAll(file)
    for (let bit = 0; bit < 512 * 8; bit++) {
      const isInChecksum = bit >= 148 * 8 && bit < 156 * 8
      const flipped = readAll(flip(file, bit))
      if (!isInChecksum) expect(await failureOf(() => flipped), String(bit)).toBe('ERR_COFFER_DAMAGED')
      else if ((await failureOf(() => flipped)) !== 'ERR_COFFER_DAMAGED') expect(await flipped).toEqual(entries)
    }
  })

  test('anything gives entries or a CofferError', async () => {
    const field = fc.tuple(fc.integer({ min: 0, max: 511 }), fc.uint8Array({ maxLength: 16 }))
    const block = fc.array(field, { maxLength: 4 }).map((fields) =>
      forge(head, fields.map(([at, value]) => [at, value.subarray(0, 512 - at)] as const).filter(([at]) => at < 140 || at > 156)),
    )
    const piece = fc.oneof(block, fc.uint8Array({ maxLength: 600 }), fc.uint8Array({ maxLength: 60 }).map((body) => extended('x', body)), fc.constant(file))
    await fc.assert(
      fc.asyncProperty(fc.array(piece, { maxLength: 6 }), fc.integer({ min: 1, max: 3000 }), async (pieces, pieceBytes) => {
        try {
          await readAll(concat([new Uint8Array(0), ...pieces]), pieceBytes)
        } catch (error) {
          if (!isCofferError(error)) throw error
        }
      }),
      { numRuns: 1500 },
    )
  })
})
