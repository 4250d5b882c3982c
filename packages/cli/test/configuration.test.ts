import { chownSync, existsSync, readFileSync, readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { replacePrivateFile } from '../src/config/private-file.js'
import { createPlace, run } from './command.js'

const aesKey = Buffer.alloc(16, 7)
const key = Buffer.alloc(32, 9)

describe('a new configuration', () => {
  const place = createPlace()
  const { at, out, coffer, home } = place
  const file = join(home, '.pycofferrc')

  test('is for its owner alone, and keeps what was in it', async () => {
    expect((await coffer(['generate', '--coffer', 'papers', '--location', at('papers.pcof'), '--backup', '.bak'])).stdout).toBe('')
    expect(statSync(file).mode & 0o777).toBe(0o600)
    expect(readFileSync(file, 'utf8')).toMatch(/^papers:\n {2}name: papers\n {2}type: bank\n {2}backup: \.bak\n {2}coffer_key: !!binary "[A-Za-z0-9+/=]{24}"\n {2}secure_key: !!binary "[A-Za-z0-9+/=]{44}"\n {2}location: \/.*papers\.pcof\n$/)
    place.write('home/.pycofferrc', `# mine\n${readFileSync(file, 'utf8')}`)
    await out(['generate', '--coffer', 'yes', '--type', 'store'])
    expect(readFileSync(file, 'utf8')).toMatch(/^# mine\npapers:/)
    // "yes" is a name here, and a truth value in YAML 1.1: quoted, for PyCoffer.
    expect(readFileSync(file, 'utf8')).toMatch(/^"yes":$/m)
    expect(await out(['config', 'ls'])).toBe(`papers\tbank\t${at('papers.pcof')}\nyes\tstore\t${at('.yes')}\n`)
  })

  test('never loses keys', async () => {
    const before = readFileSync(file, 'utf8')
    expect((await coffer(['generate', '--coffer', 'papers'])).code).toBe(4)
    expect((await coffer(['generate', 'x.pcof', '--keys', file])).code).toBe(4)
    expect(readFileSync(file, 'utf8')).toBe(before)
  })

  test('of two changes at once is changed by one, and the other is refused', async () => {
    const path = place.write('both', 'before')
    const { signal } = new AbortController()
    const changes = await Promise.allSettled(['one', 'two', 'three'].map((text) => replacePrivateFile(path, 'before', text, signal)))
    expect(changes.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected', 'rejected'])
    expect(place.read('both')).toBe(['one', 'two', 'three'][changes.findIndex(({ status }) => status === 'fulfilled')])
    for (const change of changes) if (change.status === 'rejected') expect((change.reason as Error).message).toContain('changed by another command meanwhile')
    expect(readdirSync(place.folder).filter((name) => /lock|tmp/.test(name))).toEqual([])
  })

  test.runIf(process.getuid?.() === 0)('stays its owner’s when somebody else changes it', async () => {
    const path = place.write('theirs', 'before', 0o400)
    chownSync(path, 12_345, 54_321)
    await replacePrivateFile(path, 'before', 'after', new AbortController().signal)
    expect(place.read('theirs')).toBe('after')
    const { uid, gid, mode } = statSync(path)
    expect([uid, gid, mode & 0o777]).toEqual([12_345, 54_321, 0o400])
  })

  test('or keys that find no room leave no empty file in the way', async () => {
    const { code, stderr } = await run('sh', ['-c', 'ulimit -f 0; exec "$NODE" "$COFFER" generate y.pcof --keys y.keys'], { cwd: place.folder, env: place.env() })
    expect(stderr).toContain('y.keys cannot be written (EFBIG)')
    expect(code).toBe(5)
    expect(existsSync(at('y.keys'))).toBe(false)
  })

  test('names coffers for every command, and keeps backups', async () => {
    place.write('a.txt', 'one')
    await out(['add', '--coffer', 'papers', 'a.txt'])
    expect(await out(['ls', 'papers'])).toBe('a.txt\n')
    expect(await out(['ls', at('papers.pcof')])).toBe('a.txt\n')
    expect(existsSync(at('papers.pcof.bak'))).toBe(false)
    const before = readFileSync(at('papers.pcof'))
    place.write('b.txt', 'two')
    await out(['add', '--coffer', 'papers', '-s', 'b.txt', '-t', 'c.txt'])
    expect(readFileSync(at('papers.pcof.bak')).equals(before)).toBe(true)
    const unknown = await coffer(['ls', '--coffer', 'paper'])
    expect(unknown.code).toBe(5)
    expect(unknown.stderr).toContain('papers, yes')
  })

  test('is refused when others may read it', async () => {
    const text = readFileSync(file, 'utf8')
    for (const mode of [0o640, 0o604, 0o666, 0o644]) {
      place.write('home/.pycofferrc', text, mode)
      const { code, stderr } = await coffer(['ls', 'papers', '--coffer', 'papers'])
      expect(code).toBe(5)
      expect(stderr).toContain(`has the mode ${mode.toString(8)}, not 600`)
    }
    place.write('home/.pycofferrc', text, 0o400)
    expect((await coffer(['ls', '--coffer', 'papers'])).code).toBe(0)
    place.write('home/.pycofferrc', text, 0o600)
  })

  test('is printed for PyCoffer’s way of using it', async () => {
    const text = await out(['generate', '--coffer', 'third', '--print', '--ini', '--location', '/somewhere'])
    expect(text).toMatch(/^\[third\]\ntype = bank\ncoffer_key = [A-Za-z0-9+/=]{24}\nsecure_key = [A-Za-z0-9+/=]{44}\nlocation = \/somewhere\n$/)
    expect(await out(['config', 'ls'])).not.toContain('third')
  })
})

describe('PyCoffer’s older INI form', () => {
  const place = createPlace()
  const { at, out, coffer, write, read } = place
  const ini = `[DEFAULT]
default_coffer = papers
default_type = store
; a comment
[papers]
type: bank
backup = None
coffer_key = ${aesKey.toString('base64')}
secure_key = ${key.toString('base64')}
location = ${at('50%%.pcof')}
`

  test('is read as it is, with a message that says what it is', async () => {
    write('home/.pycofferrc', ini)
    write('a.txt', 'one')
    const { code, stderr } = await coffer(['add', '-s', 'a.txt', '--coffer', 'papers'])
    expect(code).toBe(0)
    expect(stderr).toMatch(/INI file, PyCoffer's older form/)
    expect(existsSync(at('50%.pcof'))).toBe(true)
    // Without an argument, its default.
    expect(await out(['ls'])).toBe('a.txt\n')
    expect((await coffer(['ls', '-q'])).stderr).toBe('')
  })

  test('gets new sections in its own form', async () => {
    await out(['generate', '--coffer', 'second', '--location', at('second.pcof')])
    expect(read('home/.pycofferrc')).toMatch(/\n\n\[second\]\ntype = store\ncoffer_key = [A-Za-z0-9+/=]{44}\nlocation = /)
    write('b.txt', 'two')
    await out(['add', '--coffer', 'second', 'b.txt'])
  })

  test('becomes YAML when that is asked for', async () => {
    expect((await coffer(['config', 'convert'])).code).toBe(4)
    await out(['config', 'convert', '--output', at('new.yaml')])
    expect(statSync(at('new.yaml')).mode & 0o777).toBe(0o600)
    expect(await out(['ls', '--conf', at('new.yaml')])).toBe('a.txt\n')
    expect((await coffer(['ls', '--conf', at('new.yaml'), '--coffer', 'second'])).stderr).toBe('')
    await out(['config', 'convert', '--force'])
    expect(await out(['ls', '--coffer', 'second'])).toBe('b.txt\n')
    expect(read('home/.pycofferrc')).toContain('!!binary')
  })
})

describe('keys', () => {
  const place = createPlace()
  const { at, out, coffer, write } = place
  const fernet = Buffer.from(key.toString('base64').replaceAll('+', '-').replaceAll('/', '_'))

  test.each([
    ['YAML, in base64', `coffer_key: ${aesKey.toString('base64')}\nsecure_key: ${key.toString('base64')}\n`],
    ['YAML, as !!binary in lines', `papers:\n  type: bank\n  coffer_key: !!binary |\n    ${aesKey.toString('base64')}\n  secure_key: !!binary |\n    ${key.toString('base64').slice(0, 20)}\n    ${key.toString('base64').slice(20)}\n`],
    ['INI with its section', `[x]\ncoffer_key = ${aesKey.toString('base64')}\nsecure_key = ${key.toString('base64')}\n`],
    ['lines without a section', `coffer_key = ${aesKey.toString('base64')}\nsecure_key = ${key.toString('base64')}\n`],
    ['JSON', JSON.stringify({ coffer_key: aesKey.toString('base64'), secure_key: key.toString('base64') })],
  ])('in a file, as %s', async (name, text) => {
    const index = name.replaceAll(/\W/g, '')
    write(`${index}.keys`, text)
    await out(['add', 'keys.pcof', '--keys', `${index}.keys`, '-', '-t', index], { stdin: name })
    expect(await out(['cat', 'keys.pcof', '--keys', `${index}.keys`, index])).toBe(name)
    // From the other places, too.
    expect(await out(['cat', 'keys.pcof', index, '--auth', 'env:VAULT'], { env: { VAULT: text } })).toBe(name)
    expect(await out(['cat', 'keys.pcof', index, '--auth', `command:cat ${at(`${index}.keys`)}`])).toBe(name)
    expect(await out(['cat', 'keys.pcof', index, '--keys', '-'], { stdin: text })).toBe(name)
  })

  test('as Fernet’s own text, encoded once more, which PyCoffer writes', async () => {
    write('plain.keys', `coffer_key: ${key.toString('base64')}\nsecure_key: ${key.toString('base64')}\n`)
    write('twice.keys', `coffer_key = ${fernet.toString('base64')}\nsecure_key = ${key.toString('base64')}\n`)
    await out(['add', 'fernet.pcof', '--keys', 'plain.keys', '-', '-t', 'x'], { stdin: 'content' })
    expect(await out(['cat', 'fernet.pcof', '--keys', 'twice.keys', 'x'])).toBe('content')
  })

  test.each([
    ['a key of 31 bytes', `coffer_key: ${Buffer.alloc(31).toString('base64')}`, /coffer_key in .* is not a key/],
    ['a key that is no base64', 'secure_key: "it is a secret!"', /secure_key in .* is not a key/],
    ['no keys', 'location: here', /holds no keys/],
    ['two sections', 'a:\n  coffer_key: x\nb:\n  coffer_key: y', /several coffers/],
    ['broken YAML', 'coffer_key: [hidden secret', /line \d+: this is not YAML/],
    ['broken INI', '[x]\nhidden secret', /line 2: neither/],
    ['an alias', 'coffer_key: &a hidden\nsecure_key: *a', /anchors|not a key/],
    ['a list', '- hidden', /does not hold sections/],
  ])('are refused, and not repeated: %s', async (_, text, message) => {
    write('bad.keys', text)
    const { code, stderr, stdout } = await coffer(['ls', 'keys.pcof', '--keys', 'bad.keys'])
    expect(stderr).toMatch(message)
    expect(stdout + stderr).not.toMatch(/hidden|secret!/)
    expect(code).toBe(5)
  })

  test('given as an argument are refused, and not repeated', async () => {
    for (const option of ['--auth', '--password-from']) {
      const { code, stderr } = await coffer(['ls', 'keys.pcof', option, 'c2VjcmV0', ...(option === '--auth' ? [] : ['--auth', 'keyring:x'])])
      expect([2, 5]).toContain(code)
      expect(stderr).not.toContain('c2VjcmV0')
    }
  })
})
