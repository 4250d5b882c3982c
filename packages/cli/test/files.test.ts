import { createHash } from 'node:crypto'
import { existsSync, lstatSync, mkdirSync, readFileSync, readdirSync, statSync, symlinkSync, truncateSync, utimesSync, writeFileSync } from 'node:fs'
import { openCoffer } from '@coffer/node'
import { beforeAll, describe, expect, test } from 'vitest'
import { createPlace, run } from './command.js'

const place = createPlace()
const { at, write, coffer, out } = place
/** Nothing that shrinks: what is damaged in the middle of the coffer is in here. */
const random: Buffer = createHash('shake256', { outputLength: 700_000 }).digest()
const vault = ['vault.pcof', '--keys', 'vault.keys']

beforeAll(async () => {
  await out(['generate', 'vault.pcof', '--keys', 'vault.keys'])
  write('tree/a.txt', 'first\n', 0o644)
  write('tree/deep/b.bin', random, 0o640)
  symlinkSync('a.txt', at('tree', 'link'))
  await out(['add', ...vault, 'tree'])
})

describe('what goes in comes out', () => {
  test('by ls, as names or as JSON', async () => {
    expect(await out(['ls', ...vault])).toBe('tree/\ntree/a.txt\ntree/deep/\ntree/deep/b.bin\ntree/link\n')
    expect(await out(['ls', ...vault, 'tree/deep/'])).toBe('tree/deep/b.bin\n')
    expect(await out(['ls', ...vault, 'tree/deep'])).toBe('tree/deep/\ntree/deep/b.bin\n')
    const members = JSON.parse(await out(['ls', ...vault, '--json'])) as { name: string; type: string; size: number; target?: string }[]
    expect(members.map(({ name, type, size }) => [name, type, size])).toEqual([
      ['tree', 'directory', 0],
      ['tree/a.txt', 'file', 6],
      ['tree/deep', 'directory', 0],
      ['tree/deep/b.bin', 'file', 700_000],
      ['tree/link', 'symlink', 0],
    ])
    expect(members.at(-1)?.target).toBe('a.txt')
  })

  test('by ls -l, with mode, size and time', async () => {
    utimesSync(at('tree/a.txt'), 1_000_000_000, 1_000_000_000)
    await out(['add', ...vault, 'tree/a.txt', '-t', 'dated.txt'], { env: { TZ: 'UTC' } })
    expect(await out(['ls', ...vault, '-l', 'dated.txt'], { env: { TZ: 'UTC' } })).toBe('-rw-r--r-- 6 2001-09-09 01:46 dated.txt\n')
    expect(await out(['ls', ...vault, '-l', 'tree/link'])).toMatch(/^l.* tree\/link -> a\.txt\n$/)
  })

  test('by cat, byte for byte', async () => {
    expect(await out(['cat', ...vault, 'tree/a.txt'])).toBe('first\n')
    await run('sh', ['-c', '"$NODE" "$COFFER" cat vault.pcof --keys vault.keys tree/deep/b.bin > catted'], { cwd: place.folder, env: place.env() })
    expect(Buffer.compare(readFileSync(at('catted')), random)).toBe(0)
  })

  test('by extract, with times and modes', async () => {
    const { stderr } = await coffer(['extract', ...vault, 'tree', '-p', 'out'])
    expect(stderr).toContain('Extracted 2 files')
    expect(readFileSync(at('out/tree/deep/b.bin')).equals(readFileSync(at('tree/deep/b.bin')))).toBe(true)
    expect(statSync(at('out/tree/deep/b.bin')).mode & 0o777).toBe(0o640)
    expect(Math.abs(statSync(at('out/tree/deep/b.bin')).mtimeMs - statSync(at('tree/deep/b.bin')).mtimeMs)).toBeLessThan(1)
    expect(existsSync(at('out/dated.txt'))).toBe(false)
    await out(['extract', ...vault, '--all', '-p', 'everything', '-q'])
    expect(readdirSync(at('everything')).toSorted()).toEqual(['dated.txt', 'tree'])
  })

  test('from stdin', async () => {
    await out(['add', ...vault, '-', '-t', 'piped'], { stdin: 'out of a pipe' })
    expect(await out(['cat', ...vault, 'piped'])).toBe('out of a pipe')
    expect((await coffer(['add', ...vault, '-'], { stdin: 'x' })).code).toBe(2)
    const directory = await run('sh', ['-c', '"$NODE" "$COFFER" add vault.pcof --keys vault.keys - -t piped --replace < tree'], { cwd: place.folder, env: place.env() })
    expect(directory).toMatchObject({ code: 2, stderr: expect.stringContaining('A directory is no input') })
  })

  test('by crypt through a link to a file, which stays one', async () => {
    write('real.crypt', 'old')
    symlinkSync('real.crypt', at('link.crypt'))
    await out(['crypt', ...vault, 'tree/a.txt', 'link.crypt', '--force'])
    expect(lstatSync(at('link.crypt')).isSymbolicLink()).toBe(true)
    expect(await out(['decrypt', ...vault, 'real.crypt', '-'])).toBe('first\n')
  })

  test('by crypt and decrypt, also through pipes', async () => {
    await out(['crypt', ...vault, 'tree/deep/b.bin', 'loose.crypt'])
    expect(readFileSync(at('loose.crypt')).includes(random.subarray(0, 32))).toBe(false)
    await out(['decrypt', ...vault, '-s', 'loose.crypt', '-t', 'loose.clear'])
    expect(readFileSync(at('loose.clear')).equals(readFileSync(at('tree/deep/b.bin')))).toBe(true)
    await out(['crypt', ...vault, 'tree/a.txt', 'small.crypt'])
    expect(await out(['decrypt', ...vault, 'small.crypt', '-'])).toBe('first\n')
    expect((await coffer(['decrypt', ...vault, 'loose.crypt', 'loose.clear'])).code).toBe(4)
    const cut = readFileSync(at('loose.crypt')).subarray(0, 1000)
    write('cut.crypt', cut)
    const damaged = await coffer(['decrypt', ...vault, 'cut.crypt', 'never'])
    expect(damaged.code).toBe(11)
    expect(damaged.stderr).toMatch(/only a whole copy of cut\.crypt can be decrypted\.\n$/)
    expect(damaged.stderr).not.toMatch(/--recover|salvage/)
    expect(existsSync(at('never'))).toBe(false)
  })
})

describe('changes', () => {
  test('mv and delete, which say what they did', async () => {
    await out(['add', ...vault, 'tree/a.txt', '-t', 'box/one'])
    await out(['mv', ...vault, 'box/one', 'box/two'])
    expect(await out(['ls', ...vault, 'box'])).toBe('box/two\n')
    const { stderr } = await coffer(['delete', ...vault, 'box/two', '--force', '--purge'])
    expect(stderr).toBe('Deleted 1 member.\n')
    expect((await coffer(['ls', ...vault, 'box'])).code).toBe(17)
  })

  test('mv into a directory', async () => {
    await out(['add', ...vault, 'tree/a.txt', '-t', 'going'])
    await out(['mv', ...vault, 'going', 'made/'])
    expect(await out(['ls', ...vault, 'made'])).toBe('made/going\n')
    await out(['mv', ...vault, 'made/going', 'tree/deep'])
    expect(await out(['ls', ...vault, 'tree/deep/going'])).toBe('tree/deep/going\n')
    await out(['delete', ...vault, 'tree/deep/going', '--force'])
  })

  test('add tells what it left out', async () => {
    mkdirSync(at('with-pipe'))
    await run('mkfifo', [at('with-pipe/pipe')], { cwd: place.folder })
    const told = JSON.parse(await out(['add', ...vault, 'with-pipe', '--json'])) as unknown
    expect(told).toEqual({ files: 0, directories: 1, symlinks: 0, bytes: 0, skipped: [{ path: at('with-pipe/pipe'), reason: expect.stringMatching(/./) }] })
    await out(['delete', ...vault, 'with-pipe', '-r', '--force'])
  })

  test('add does not replace unless it is told to, and then nothing else is added either', async () => {
    write('new/a', 'a')
    await out(['add', ...vault, 'new/a', '-t', 'kept'])
    write('new/a', 'changed')
    const refused = await coffer(['add', ...vault, 'new/a', '-t', 'kept'])
    expect(refused.code).toBe(18)
    expect(refused.stderr).toContain('kept')
    expect(await out(['cat', ...vault, 'kept'])).toBe('a')
    await out(['add', ...vault, 'new/a', '-t', 'kept', '--replace'])
    expect(await out(['cat', ...vault, 'kept'])).toBe('changed')
    // The second of two sources fails: the first is not there.
    write('other', 'x')
    write('kept', 'again')
    expect((await coffer(['add', ...vault, 'other', 'kept'])).code).toBe(18)
    expect((await coffer(['ls', ...vault, 'other'])).code).toBe(17)
  })

  test('add leaves out what is excluded', async () => {
    mkdirSync(at('source/node_modules'), { recursive: true })
    writeFileSync(at('source/node_modules/x'), '')
    writeFileSync(at('source/y.log'), '')
    writeFileSync(at('source/z'), '')
    await out(['add', ...vault, '--exclude', 'node_modules', '--exclude', '*.log', 'source'])
    expect(await out(['ls', ...vault, 'source'])).toBe('source/\nsource/z\n')
  })

  test('sync tells of what is in the way, and of --delete only where it helps', async () => {
    write('mirror/name', 'a file')
    await out(['add', ...vault, 'tree/a.txt', '-t', 'mirror/name/kept.log'])
    const plain = await coffer(['sync', ...vault, 'mirror', 'mirror'])
    expect(plain).toMatchObject({ code: 3 })
    expect(plain.stderr).toContain('--delete replaces them')
    const kept = await coffer(['sync', ...vault, 'mirror', 'mirror', '--delete', '--force', '--exclude', '*.log'])
    expect(kept).toMatchObject({ code: 3 })
    expect(kept.stderr).toMatch(/1 name left.*what is excluded stays in it/)
    expect(kept.stderr).not.toContain('--delete')
    await out(['delete', ...vault, '-r', '--force', 'mirror'])
  })

  test('compact gives bytes back; info tells of them', async () => {
    interface Info {
      readonly generation: number
      readonly layout: { readonly deadBytes: number; readonly fileBytes: number; readonly commits: readonly unknown[] }
    }
    // Less than half of the whole: else closing it compacts it.
    write('dead', random.subarray(0, 200_000))
    await out(['add', ...vault, 'dead'])
    await out(['delete', ...vault, 'dead', '--force'])
    const before = JSON.parse(await out(['info', ...vault, '--json'])) as Info
    expect(before.layout.commits.length).toBeGreaterThan(1)
    const sizes = JSON.parse(await out(['compact', ...vault, '--json'])) as { before: number; after: number }
    expect(sizes.after).toBe(statSync(at('vault.pcof')).size)
    expect(sizes.after).toBeLessThan(sizes.before)
    const after = JSON.parse(await out(['info', ...vault, '--json'])) as Info
    expect(after.layout.fileBytes).toBe(sizes.after)
    expect(after.generation).toBe(before.generation + 1)
    expect(await out(['info', ...vault])).toMatch(/^Type: +bank: members secretbox, the whole aes-ocb/m)
  })

  test('a coffer that others are in is waited for, and then refused, or read without a lock', async () => {
    const text = place.read('vault.keys')
    const [cofferKey, secureKey] = ['coffer_key', 'secure_key'].map((name) => Buffer.from(new RegExp(`${name}: !!binary "(.*)"`).exec(text)?.[1] ?? '', 'base64'))
    await using open = await openCoffer(at('vault.pcof'), { keys: { cofferKey: cofferKey as Buffer, secureKey: secureKey as Buffer } })
    expect(open.generation).toBeGreaterThan(0)
    const { code, stderr } = await coffer(['ls', ...vault, '--lock-timeout', '0.2'])
    expect(code).toBe(20)
    expect(stderr).toContain('coffer:')
    expect(await out(['cat', ...vault, 'tree/a.txt', '--no-lock'])).toBe('first\n')
    expect(await coffer(['add', ...vault, 'tree', '--no-lock'])).toMatchObject({ code: 2, stderr: expect.stringContaining('--no-lock') })
  })
})

describe('failures have each their exit code, and say on stderr what to do', () => {
  beforeAll(async () => {
    await out(['generate', 'other.pcof', '--keys', 'other.keys'])
    await out(['generate', 'm.pcof', '--type', 'market', '--keys', 'market.keys'])
    write('empty.pcof', '')
    write('open.keys', place.read('vault.keys'), 0o644)
    const bytes = readFileSync(at('vault.pcof'))
    bytes.fill(0x55, bytes.length >> 1, (bytes.length >> 1) + 2000)
    write('damaged.pcof', bytes)
    write('cut.pcof', readFileSync(at('vault.pcof')))
    write('linked.pcof', readFileSync(at('vault.pcof')))
    symlinkSync(at('made-by-a-lock'), at('linked.pcof.lock'))
    truncateSync(at('cut.pcof'), 500)
  })

  test.each([
    ['no command', [], 2, /Usage: coffer/],
    ['an unknown command', ['lss'], 2, /Did you mean ls/],
    ['an unknown option', ['ls', ...vault, '--colour'], 2, /unknown option/],
    ['an option that is none of its choices', ['ls', ...vault, '--type', 'safe'], 2, /bank, store, market, null/],
    ['no coffer at all', ['ls'], 2, /Which coffer/],
    ['nothing to add', ['add', ...vault], 2, /Add what/],
    ['no keys', ['ls', 'vault.pcof'], 5, /--keys FILE/],
    ['keys that others may read', ['ls', 'vault.pcof', '--keys', 'open.keys'], 5, /chmod 600/],
    ['keys that are not there', ['ls', 'vault.pcof', '--keys', 'nowhere'], 5, /nowhere/],
    ['another coffer’s keys', ['ls', 'vault.pcof', '--keys', 'other.keys'], 10, /key/],
    ['a file cut to pieces', ['ls', 'cut.pcof', '--keys', 'vault.keys'], 11, /--recover.*salvage/],
    ['the same with what was the advice', ['ls', 'cut.pcof', '--keys', 'vault.keys', '--recover'], 11, /terminal: "coffer salvage"/],
    ['an empty file', ['ls', 'empty.pcof', '--keys', 'vault.keys'], 12, /not a coffer/],
    ['another type', ['ls', 'vault.pcof', '--keys', 'market.keys'], 14, /--type/],
    ['no such coffer', ['ls', 'nowhere.pcof', '--keys', 'vault.keys'], 17, /nowhere\.pcof/],
    ['no such member', ['cat', ...vault, 'nothing'], 17, /nothing/],
    ['no such source', ['add', ...vault, 'nowhere'], 17, /nowhere/],
    ['a name that is none', ['mv', ...vault, 'tree', '../out'], 22, /\.\./],
    ['a directory with members', ['delete', ...vault, 'tree', '--force'], 24, /tree/],
    ['a directory in the place of a file', ['add', ...vault, 'tree/a.txt', '-t', 'tree', '--replace'], 23, /tree/],
    ['encrypting a directory', ['crypt', ...vault, 'tree', 'never'], 2, /tree is a directory/],
    ['encrypting into a directory', ['crypt', ...vault, 'tree/a.txt', 'tree', '--force'], 2, /tree is a directory/],
    ['encrypting into a folder that is not there', ['crypt', ...vault, 'tree/a.txt', 'no/such'], 17, /no\/such/],
    ['encrypting over the coffer itself', ['crypt', ...vault, 'tree/a.txt', './vault.pcof', '--force'], 4, /the coffer itself/],
    ['encrypting what is not there', ['crypt', ...vault, 'nowhere', 'never'], 17, /nowhere/],
    ['deleting without being asked', ['delete', ...vault, 'piped'], 4, /--force/],
    ['encrypting into a device', ['crypt', ...vault, 'tree/a.txt', '/dev/null', '--force'], 2, /\/dev\/null is no file/],
    ['everything, and a name', ['extract', ...vault, '--all', 'tree', '-p', 'never'], 2, /--all is everything/],
    ['an unset variable for the target of a sync', ['sync', ...vault, 'tree', '', '--delete', '--force'], 2, /empty/],
    ['an unset variable for what comes out of a sync', ['sync', ...vault, '--back', '', 'never'], 2, /empty/],
    ['an exclusion that takes another back', ['add', ...vault, 'tree', '-t', 'never', '--exclude', '!a.txt'], 2, /takes nothing back/],
    ['the same where both sides are compared', ['sync', ...vault, 'tree', 'never', '--exclude', '!a.txt'], 2, /takes nothing back/],
    ['a directory in the place of a coffer', ['ls', 'tree', '--keys', 'vault.keys'], 12, /a directory, not a coffer/],
    ['a lock that is a link to elsewhere', ['ls', 'linked.pcof', '--keys', 'vault.keys'], 26, /linked\.pcof\.lock is a link/],
  ] as const)('%s', async (_, args, code, message) => {
    const result = await coffer(args)
    expect(result.stderr).toMatch(message)
    expect(result.stdout).toBe('')
    expect(result.stderr).not.toMatch(/\n {4}at /)
    expect(result.code).toBe(code)
  })

  test('leaves nothing beside what is no coffer, nor where a link leads', () => {
    expect(existsSync(at('made-by-a-lock'))).toBe(false)
    expect(readdirSync(place.folder).filter((name) => name.startsWith('tree'))).toEqual(['tree'])
  })

  test('a file that finds no room leaves nothing of itself, and the others come out', async () => {
    const limited = (args: readonly string[]): ReturnType<typeof coffer> =>
      run('sh', ['-c', 'ulimit -f 500; exec "$NODE" "$COFFER" "$@"', 'sh', ...args], { cwd: place.folder, env: place.env() })
    const before = readdirSync(place.folder)
    const decrypted = await limited(['decrypt', ...vault, 'loose.crypt', 'no-room'])
    expect(decrypted).toMatchObject({ code: 25, stdout: '' })
    expect(decrypted.stderr).toContain('Could not write no-room: there is no space left')
    expect(readdirSync(place.folder)).toEqual(before)
    const catted = await run('sh', ['-c', 'ulimit -f 1; exec "$NODE" "$COFFER" cat vault.pcof --keys vault.keys tree/deep/b.bin > catted'], { cwd: place.folder, env: place.env() })
    expect(catted).toMatchObject({ code: 25, stderr: expect.stringContaining('There is no space left') })
    const extracted = await limited(['extract', ...vault, 'tree', '-p', 'no-room'])
    expect(extracted).toMatchObject({ code: 3 })
    expect(extracted.stderr).toContain('tree/deep/b.bin: the system refuses it (EFBIG)')
    expect([...readdirSync(at('no-room/tree')), ...readdirSync(at('no-room/tree/deep'))].toSorted()).toEqual(['a.txt', 'deep', 'link'])
  })

  test('extract over files that are there', async () => {
    write('over/piped', 'mine')
    expect((await coffer(['extract', ...vault, 'piped', '-p', 'over'])).code).toBe(4)
    expect(place.read('over/piped')).toBe('mine')
    await out(['extract', ...vault, 'piped', '-p', 'over', '--force'])
    expect(place.read('over/piped')).toBe('out of a pipe')
  })

  test('check names what is bad, and salvage brings out the rest', async () => {
    expect((await coffer(['check', ...vault])).code).toBe(0)
    const damaged = ['damaged.pcof', '--keys', 'vault.keys']
    const checked = await coffer(['check', ...damaged, '--json'])
    expect(checked.code).toBe(3)
    expect(checked.stdout).toContain('tree/deep/b.bin')
    const { code, stdout } = await coffer(['salvage', ...damaged, 'rescued'])
    expect(code).toBe(3)
    expect(stdout).toMatch(/^tree\/deep\/b\.bin: bytes \d+ to \d+ are missing; what is left is in tree\/deep\/b\.bin\.damaged$/m)
    expect(place.read('rescued/tree/a.txt')).toBe('first\n')
    expect(place.read('rescued/piped')).toBe('out of a pipe')
    expect((await coffer(['salvage', ...damaged, 'rescued'])).code).toBe(24)
  })

  test('check tells of an end that is missing, though all that is left verifies', async () => {
    await out(['add', ...vault, 'tree/a.txt', '-t', 'the last'])
    write('short.pcof', readFileSync(at('vault.pcof')).subarray(0, -300))
    const { code, stdout } = await coffer(['check', 'short.pcof', '--keys', 'vault.keys', '--json'])
    expect(code).toBe(3)
    expect(JSON.parse(stdout)).toMatchObject({ ok: true, recovered: { reason: 'torn' } })
    const told = await coffer(['check', 'short.pcof', '--keys', 'vault.keys'])
    expect(told).toMatchObject({ code: 3, stderr: expect.stringMatching(/everything of generation \d+, but not the end of the file, verifies/) })
  })
})

describe('help', () => {
  test('of every command has a summary, and examples where they teach something', async () => {
    const { stdout } = await coffer(['--help'])
    const names = [...stdout.matchAll(/^ {2}([a-z]+) .*\S$/gm)].map(([, name]) => name as string)
    expect(names).toEqual(expect.arrayContaining(['ls', 'add', 'extract', 'cat', 'delete', 'mv', 'check', 'compact', 'info', 'keys', 'password', 'sync', 'salvage']))
    const helps = await Promise.all(['add', 'extract', 'sync', 'generate', 'delete'].map((name) => out([name, '--help'])))
    for (const help of helps) expect(help).toMatch(/Examples:\n {2}(\S.*\| )?coffer /)
  })

  test('shell completion', async () => {
    const words = async (...line: string[]): Promise<string[]> => (await out(['__complete', ...line])).split('\n').filter((word) => word !== '')
    expect(await words('sa')).toEqual(['salvage'])
    expect(await words('keys', '')).toEqual(['add', 'change-password', 'ls', 'recovery', 'rekey', 'remove'])
    expect(await words('add', '--rep')).toEqual(['--replace'])
    expect(await words('ls', '--type', '')).toEqual(['bank', 'market', 'null', 'store'])
    expect((await coffer(['completion', 'tcsh'])).code).toBe(2)
  })

  test('completion in bash takes names as they are, whatever they would do in a shell', async () => {
    const script = await out(['completion', 'bash'])
    const names = ['x$(touch PWN)', '`touch PWN`', '*', 'two words', 'xylophone']
    const bash = `coffer() { printf '%s\\n' ${names.map((name) => `'${name}'`).join(' ')}; }\n${script}\nCOMP_WORDS=(coffer ls "$1"); COMP_CWORD=2; _coffer; printf '%s\\n' "\${COMPREPLY[@]}"`
    const complete = async (word: string): Promise<string[]> => {
      const { stdout } = await run('bash', ['-c', bash, 'bash', word], { cwd: at('.'), env: place.env() })
      return stdout.split('\n').filter((line) => line !== '')
    }
    expect(await complete('')).toEqual(names)
    expect(await complete('x')).toEqual(['x$(touch PWN)', 'xylophone'])
    expect(existsSync(at('PWN'))).toBe(false)
  })

  test('what cannot be done is said before anything is asked', async () => {
    write('one/same.txt', '1')
    write('two/same.txt', '2')
    const added = await coffer(['add', ...vault, 'one/same.txt', 'two/same.txt', '--replace'])
    expect(added).toMatchObject({ code: 2, stdout: '' })
    expect(added.stderr).toMatch(/Two of these would be called same\.txt/)
    for (const force of [[], ['--force']]) {
      const deleted = await coffer(['delete', ...vault, 'tree', ...force])
      expect(deleted).toMatchObject({ code: 24, stdout: '' })
      expect(deleted.stderr).toContain('--recursive')
    }
  })
})
