import { spawn } from 'node:child_process'
import { closeSync, existsSync, openSync, readdirSync, statSync, writeSync } from 'node:fs'
import { beforeAll, describe, expect, test } from 'vitest'
import { commandPath, createPlace, onTerminal, run } from './command.js'

const place = createPlace()
const { at, out, coffer, write } = place
const vault = ['vault.pcof', '--keys', 'vault.keys']
const line = (command: string): string => `"$NODE" "$COFFER" ${command}`
const CTRL_C = '\u0003'
const CTRL_D = '\u0004'

beforeAll(async () => {
  await out(['generate', 'vault.pcof', '--keys', 'vault.keys'])
  write('tree/a.txt', 'first')
  await out(['add', ...vault, 'tree'])
  await out(['add', ...vault, '-', '-t', 'esc\u001b[31mape'], { stdin: '' })
})

describe('on a terminal', () => {
  test('a password is asked for twice when it is new, and never shown', async () => {
    const { output, code, missed } = await onTerminal(place, ['keys', 'add', ...vault], [
      { wait: 'New password: ', send: 'ab\u007fc secret\r' },
      { wait: 'The same again: ', send: 'ac secret\r' },
    ])
    expect(missed).toBeNull()
    expect(code).toBe(0)
    expect(output).not.toMatch(/secret/)
    // Erased characters are; a wrong password is asked for again.
    const opened = await onTerminal(place, ['ls', 'vault.pcof'], [
      { wait: 'Password for vault.pcof: ', send: 'wrong\r' },
      { wait: 'Password for vault.pcof: ', send: 'ac secret\r' },
    ])
    expect(opened.missed).toBeNull()
    expect(opened.output).toMatch(/tree\/a\.txt/)
    expect(opened.output).not.toMatch(/secret|wrong/)
  })

  test('two different new passwords change nothing', async () => {
    const { code } = await onTerminal(place, ['keys', 'add', 'new.pcof', '--keys', 'vault.keys'], [
      { wait: 'New password: ', send: 'one\r' },
      { wait: 'The same again: ', send: 'two\r' },
    ])
    expect(code).toBe(4)
    expect(existsSync(at('new.pcof.keyring'))).toBe(false)
  })

  test('nothing is deleted without a yes', async () => {
    const no = await onTerminal(place, ['delete', ...vault, '-r', 'tree'], [{ wait: 'Delete? [y/N]', send: '\r' }])
    expect(no.code).toBe(4)
    expect(await out(['ls', ...vault, 'tree/a.txt'])).toBe('tree/a.txt\n')
    const interrupted = await onTerminal(place, ['delete', ...vault, '-r', 'tree'], [{ wait: 'Delete? [y/N]', send: CTRL_C }])
    expect(interrupted.code).toBe(130)
    const yes = await onTerminal(place, ['delete', ...vault, '-r', 'tree'], [{ wait: '2 members would be deleted: tree. Delete? [y/N]', send: 'y\r' }])
    expect(yes.code).toBe(0)
    expect((await coffer(['ls', ...vault, 'tree'])).code).toBe(17)
    await out(['add', ...vault, 'tree'])
  })

  test('Ctrl-D is no yes, and no password', async () => {
    const no = await onTerminal(place, ['delete', ...vault, '-r', 'tree'], [{ wait: 'Delete? [y/N]', send: CTRL_D }])
    expect(no.output).not.toContain('defect')
    expect(no.code).toBe(4)
    expect(await out(['ls', ...vault, 'tree/a.txt'])).toBe('tree/a.txt\n')
    const none = await onTerminal(place, ['ls', 'vault.pcof'], [{ wait: 'Password for vault.pcof: ', send: CTRL_D }])
    expect(none.output).toContain('No password was given.')
    expect(none.code).toBe(4)
  })

  test('asks there though stderr is a file', async () => {
    const { output, missed } = await onTerminal(place, { shell: `${line('delete vault.pcof --keys vault.keys -r tree')} 2> asked; echo "code $?"` }, [{ wait: 'Delete? [y/N]', send: 'n\r' }])
    expect(missed).toBeNull()
    expect(output).toContain('code 4')
    expect(place.read('asked')).not.toContain('[y/N]')
  })

  test('that is gone ends what asks there, without a dump of memory', async () => {
    const { code } = await onTerminal(place, ['delete', ...vault, '-r', 'tree'], [{ wait: 'Delete? [y/N]', send: '', hangUp: true }])
    expect([-1, 129, 130]).toContain(code)
    expect(existsSync(at('vault.pcof.jslock'))).toBe(false)
    expect(await out(['ls', ...vault, 'tree/a.txt'])).toBe('tree/a.txt\n')
  })

  test('Ctrl-C at a password ends it', async () => {
    const { code, output } = await onTerminal(place, ['ls', 'vault.pcof'], [{ wait: 'Password for vault.pcof: ', send: `half${CTRL_C}` }])
    expect(code).toBe(130)
    expect(output).not.toContain('half')
    expect(existsSync(at('vault.pcof.jslock'))).toBe(false)
  })

  test('a password is asked for on the terminal though stdin is a pipe', async () => {
    const { output, missed } = await onTerminal(place, { shell: `echo from the pipe | ${line('add vault.pcof - -t piped')}; ${line('cat vault.pcof --keys vault.keys piped')}` }, [
      { wait: 'Password for vault.pcof: ', send: 'ac secret\r' },
    ])
    expect(missed).toBeNull()
    expect(output).toMatch(/Added 1 file[^]*from the pipe/)
  })

  test('colours and progress are there, and names cannot steer it; in a pipe there are neither', async () => {
    const shown = await onTerminal(place, ['ls', ...vault])
    expect(shown.output).toContain('\u001b[34mtree/')
    expect(shown.output).toContain('esc\\u{1b}[31mape')
    expect((await onTerminal(place, ['ls', ...vault], [], { NO_COLOR: '1' })).output).not.toContain('\u001b')
    expect(await out(['ls', ...vault])).toContain('esc\u001b[31mape\ntree/\n')
    await out(['add', ...vault, '-', '-t', 'c1\u009b31m\u202eape'], { stdin: '' })
    const json = await onTerminal(place, ['ls', ...vault, '--json'])
    expect(json.output).not.toMatch(/[\u009b\u202e]/)
    expect((JSON.parse(json.output) as { name: string }[]).map(({ name }) => name)).toContain('c1\u009b31m\u202eape')
    await out(['delete', ...vault, 'c1\u009b31m\u202eape', '--force'])

    const slow = `(head -c 300000 /dev/zero; sleep 1.4; head -c 300000 /dev/zero; sleep 0.3; head -c 300000 /dev/zero) |`
    const slowly = await onTerminal(place, { shell: `${slow} ${line('add vault.pcof --keys vault.keys --replace - -t zeros')}` })
    expect(slowly.output).toMatch(/\rAdding {2}[\d.]+ KiB {2}[\d.]+ KiB\/s/)
    // Gone again at the end.
    expect(slowly.output).toContain('\r\u001b[KAdded 1 file')
    const quiet = await onTerminal(place, { shell: `${slow} ${line('add vault.pcof --keys vault.keys --replace -q - -t zeros')}` })
    expect(quiet.output).toBe('')
    const piped = await run('sh', ['-c', `${slow} ${line('add vault.pcof --keys vault.keys --replace - -t zeros')}`], { cwd: place.folder, env: place.env() })
    expect(piped.stderr).toBe('Added 1 file (878.9 KiB).\n')
  })
})

describe('a closed pipe', () => {
  beforeAll(async () => {
    write('long.csv', Array.from({ length: 200_000 }, (_, i) => `line ${i}`).join('\n'))
    await out(['add', ...vault, 'long.csv'])
  })

  test.each([
    ['ls', 'ls vault.pcof --keys vault.keys', /^esc/],
    ['cat', 'cat vault.pcof --keys vault.keys long.csv', /^line 0\n$/],
    ['--json', 'ls vault.pcof --keys vault.keys --json', /^\[\n$/],
  ])('ends %s without a word', async (_, command, first) => {
    const { stdout, stderr, code } = await run('bash', ['-c', `set -o pipefail; ${line(command)} | head -1`], { cwd: place.folder, env: place.env() })
    expect(stdout).toMatch(first)
    expect(stderr).toBe('')
    expect([0, 141]).toContain(code)
    expect(existsSync(at('vault.pcof.jslock'))).toBe(false)
  })
})

describe('Ctrl-C in the middle of an add', () => {
  beforeAll(() => {
    // Long enough to be in the middle of, and nothing that shrinks to nothing.
    const piece = Buffer.alloc(1 << 20)
    for (let i = 0; i < piece.length; i += 4) piece.writeInt32LE((i * 2_654_435_761) | 0, i)
    const file = openSync(write('large.bin', ''), 'w')
    for (let i = 0; i < 600; i++) {
      piece.writeInt32LE(i, 0)
      writeSync(file, piece)
    }
    closeSync(file)
  })

  test.each(['SIGINT', 'SIGTERM'] as const)('loses nothing and leaves no lock (%s)', async (signal) => {
    const before = await out(['ls', ...vault])
    const size = statSync(at('vault.pcof')).size
    const child = place.start(['add', ...vault, 'large.bin'])
    let stderr = ''
    child.stderr?.setEncoding('utf8').on('data', (text: string) => (stderr += text))
    const ended = new Promise<number | null>((resolve) => child.once('exit', resolve))
    await expect.poll(() => statSync(at('vault.pcof')).size, { timeout: 20_000, interval: 5 }).toBeGreaterThan(size + (8 << 20))
    expect(readdirSync(place.folder)).toContain('vault.pcof.jslock')
    const start = performance.now()
    child.kill(signal)
    expect(await ended).toBe(130)
    expect(performance.now() - start).toBeLessThan(3000)
    expect(stderr).toBe('coffer: interrupted; what was not committed is given up.\n')
    expect(readdirSync(place.folder).filter((name) => name.includes('jslock') || name.includes('tmp'))).toEqual([])
    expect(await out(['ls', ...vault])).toBe(before)
    expect((await coffer(['check', ...vault])).code).toBe(0)
    await out(['add', ...vault, '-', '-t', `after ${signal}`], { stdin: 'x' })
    expect(statSync(at('vault.pcof')).size).toBeLessThan(size + (1 << 20))
  })

  test.each([
    ['input of crypt', ['crypt', ...vault, '-', '-'], true],
    ['input of add', ['add', ...vault, '-', '-t', 'never'], false],
    ['keys', ['ls', 'vault.pcof', '--keys', '-'], false],
    ['a reader of what cat writes', ['cat', ...vault, 'long.csv'], true],
  ] as const)('ends also where it waits for %s', async (_, args, hasLock) => {
    const child = spawn(process.execPath, [commandPath, ...args], { cwd: place.folder, env: place.env(), stdio: 'pipe' })
    const ended = new Promise<number | NodeJS.Signals | null>((resolve) => child.once('exit', (code, signal) => resolve(code ?? signal)))
    if (hasLock) await expect.poll(() => existsSync(at('vault.pcof.jslock')), { timeout: 20_000, interval: 5 }).toBe(true)
    await new Promise((resolve) => {
      setTimeout(resolve, 1000)
    })
    child.kill('SIGTERM')
    const timer = setTimeout(() => child.kill('SIGKILL'), 8000)
    expect([130, 'SIGTERM']).toContain(await ended)
    clearTimeout(timer)
    expect(existsSync(at('vault.pcof.jslock'))).toBe(false)
  })

  test('also while it waits for a pipe', async () => {
    const { output, code } = await onTerminal(place, { shell: `(echo x; sleep 30) | ${line('add vault.pcof --keys vault.keys - -t never')}; echo "code $?"; exit 9` }, [
      { wait: '', send: '' },
      { wait: '', send: CTRL_C, after: 1.5 },
    ])
    // The shell of the test may die of the same Ctrl-C.
    if (output.includes('code')) expect(output).toContain('code 130')
    expect(code).not.toBe(0)
    expect(existsSync(at('vault.pcof.jslock'))).toBe(false)
    expect((await coffer(['ls', ...vault, 'never'])).code).toBe(17)
  })
})
