import { createKeyring, generateKeys, openKeyring } from '@coffer/core'
import { existsSync, readFileSync, statSync } from 'node:fs'
import { beforeAll, describe, expect, test } from 'vitest'
import { createPlace, run } from './command.js'

/** The least that a password may cost. */
const cheap = { memoryBytes: 19_922_944, passes: 2 }

describe('coffer keys', () => {
  const place = createPlace()
  const { at, out, coffer, write, read, folder, env } = place
  const from = (name: string): string[] => ['--password-from', `file:${at(name)}`]
  const labels = async (): Promise<string[]> =>
    (JSON.parse(await out(['keys', 'ls', 'vault.pcof', '--json'])) as { slots: { label: string }[] }).slots.map(({ label }) => label)

  /** Whatever opens the coffer with this password from here on takes a twentieth of the time. */
  const cheapen = async (password: string): Promise<void> => {
    const keyring = await openKeyring(read('vault.pcof.keyring'), { password })
    await keyring.changePassword(password, cheap)
    write('vault.pcof.keyring', keyring.document)
  }

  beforeAll(async () => {
    write('first', 'correct horse\n')
    write('second', 'battery staple\n')
    write('third', 'something else\n')
    await out(['generate', 'vault.pcof', '--keys', 'vault.keys'])
    await out(['add', 'vault.pcof', '--keys', 'vault.keys', '-', '-t', 'x'], { stdin: 'content' })
  })

  test('add makes a keyring beside the coffer, which then opens with its password', async () => {
    await out(['keys', 'add', 'vault.pcof', '--keys', 'vault.keys', '--label', 'mine', '--new-from', `file:${at('first')}`])
    expect(statSync(at('vault.pcof.keyring')).mode & 0o777).toBe(0o600)
    expect(await out(['cat', 'vault.pcof', 'x', ...from('first')])).toBe('content')
    expect(await out(['cat', 'vault.pcof', 'x', '--keys', 'vault.pcof.keyring', '--password-from', 'stdin'], { stdin: 'correct horse\n' })).toBe('content')
    expect(await out(['cat', 'vault.pcof', 'x', '--auth', 'keyring', '--password-from', 'env:PASS'], { env: { PASS: 'correct horse' } })).toBe('content')
    expect((await coffer(['cat', 'vault.pcof', 'x', ...from('second')])).code).toBe(10)
    expect((await coffer(['cat', 'vault.pcof', 'x'])).code).toBe(4)
    expect(await out(['keys', 'ls', 'vault.pcof'])).toMatch(/password {2}.*mine {2}256\.0 MiB x 3/)
    await cheapen('correct horse')
  })

  test('keys that do not open the coffer are wrapped by none', async () => {
    await out(['generate', 'other.pcof', '--keys', 'other.keys'])
    write('strange.pcof', readFileSync(at('vault.pcof')))
    const made = await coffer(['keys', 'add', 'strange.pcof', '--keys', 'other.keys', '--new-from', `file:${at('first')}`])
    expect(made).toMatchObject({ code: 10, stdout: '' })
    expect(made.stderr).toMatch(/These keys do not open .*strange\.pcof, so nothing was written/)
    expect(existsSync(at('strange.pcof.keyring'))).toBe(false)
    const { keyring } = await createKeyring(await generateKeys('bank', { container: 'aes-ocb' }), { password: 'correct horse', ...cheap })
    write('strange.pcof.keyring', keyring.document)
    for (const more of [['add', '--recovery'], ['recovery']]) {
      expect(await coffer(['keys', more[0] as string, 'strange.pcof', ...more.slice(1), ...from('first')])).toMatchObject({ code: 10, stdout: '' })
    }
    expect(read('strange.pcof.keyring')).toBe(keyring.document)
    // One that is yet to be made.
    await out(['keys', 'add', 'new.pcof', '--keys', 'other.keys', '--recovery'])
    expect(existsSync(at('new.pcof.keyring'))).toBe(true)
    expect(existsSync(at('new.pcof'))).toBe(false)
  })

  test('a keyring that is damaged is what is said to be damaged', async () => {
    write('torn.pcof', readFileSync(at('vault.pcof')))
    write('torn.pcof.keyring', read('vault.pcof.keyring').replace('"slots"', '"slotz"'))
    for (const args of [['ls', 'torn.pcof', ...from('first')], ['keys', 'ls', 'torn.pcof']]) {
      const { code, stderr } = await coffer(args)
      expect(code).toBe(11)
      expect(stderr).toMatch(/torn\.pcof\.keyring is the keyring; the coffer may be whole/)
      expect(stderr).not.toMatch(/salvage|--recover/)
    }
  })

  test('a recovery code is printed once, is proven, and opens', async () => {
    const code = (await out(['keys', 'recovery', 'vault.pcof', '--label', 'paper', ...from('first')])).trim()
    expect(code).toMatch(/^([0-9A-Z]{4}-){7}[0-9A-Z]{4}$/)
    write('code', code.toLowerCase())
    const proven = await coffer(['keys', 'recovery', 'vault.pcof', '--prove', ...from('code')])
    expect(proven.stderr).toMatch(/It opens the coffer: recovery "paper"/)
    write('typo', code.replace(/.$/, (last) => (last === '0' ? '1' : '0')))
    expect((await coffer(['keys', 'recovery', 'vault.pcof', '--prove', ...from('typo')])).code).toBe(3)
    expect(await out(['cat', 'vault.pcof', 'x', ...from('code')])).toBe('content')
    expect(read('vault.pcof.keyring')).not.toContain(code)
  })

  test.each(['> /dev/full', '| true'])('a recovery code that nobody could read (%s) leaves no slot', async (to) => {
    const ids = (): string[] => (JSON.parse(read('vault.pcof.keyring')) as { slots: { id: string }[] }).slots.map(({ id }) => id)
    const before = ids()
    for (const command of ['keys recovery vault.pcof', 'keys add vault.pcof --recovery']) {
      const line = `set -o pipefail; "$NODE" "$COFFER" ${command} --password-from file:${at('first')} ${to}`
      expect((await run('bash', ['-c', line], { cwd: folder, env: env() })).code).not.toBe(0)
      expect(ids()).toEqual(before)
    }
    const made = `set -o pipefail; "$NODE" "$COFFER" keys add unseen.pcof --keys other.keys --recovery ${to}`
    expect((await run('bash', ['-c', made], { cwd: folder, env: env() })).code).not.toBe(0)
    expect(existsSync(at('unseen.pcof.keyring'))).toBe(false)
  })

  test('ls needs no password; remove and change-password do', async () => {
    await out(['keys', 'add', 'vault.pcof', '--label', 'theirs', '--new-from', `file:${at('second')}`, ...from('first')])
    expect(await labels()).toEqual(['mine', 'paper', 'theirs'])
    expect((await coffer(['keys', 'remove', 'vault.pcof', 'theirs', ...from('first')])).code).toBe(4)
    expect((await coffer(['keys', 'remove', 'vault.pcof', 'nobody', '--force', ...from('first')])).code).toBe(2)
    await out(['keys', 'remove', 'vault.pcof', 'theirs', '--force', ...from('first')])
    expect(await labels()).toEqual(['mine', 'paper'])
    await out(['keys', 'change-password', 'vault.pcof', '--new-from', `file:${at('third')}`, ...from('first')])
    expect((await coffer(['ls', 'vault.pcof', ...from('first')])).code).toBe(10)
    expect(await out(['ls', 'vault.pcof', ...from('third')])).toBe('x\n')
    await cheapen('something else')
  })

  test('a change that comes between is kept, and the one that did not see it is refused', async () => {
    const other = `"$NODE" "$COFFER" keys add vault.pcof --label other --new-from file:second --password-from file:third`
    const result = await coffer(['keys', 'add', 'vault.pcof', '--label', 'lost', '--new-from', `command:${other} && cat first`, ...from('third')])
    expect(result).toMatchObject({ code: 4 })
    expect(result.stderr).toContain('changed by another command meanwhile')
    expect(await labels()).toEqual(['mine', 'paper', 'other'])
    await out(['keys', 'remove', 'vault.pcof', 'other', '--force', ...from('third')])
  })

  test('a rekeying that stopped half way is ended, and another drops nothing unasked', async () => {
    const keyring = await openKeyring(read('vault.pcof.keyring'), { password: 'something else' })
    await keyring.beginRekey(await generateKeys('bank', { container: 'aes-ocb' }))
    write('vault.pcof.keyring', keyring.document)
    const result = await coffer(['keys', 'rekey', 'vault.pcof', ...from('third')])
    expect(result).toMatchObject({ code: 4 })
    expect(result.stderr).toMatch(/stopped half way is ended; the coffer has its old keys[^]*will not open the coffer any more: recovery "paper"/)
    expect(await labels()).toEqual(['mine', 'paper'])
    expect(await out(['cat', 'vault.pcof', 'x', ...from('code')])).toBe('content')
  })

  test('rekey makes no coffer where there is none', async () => {
    write('gone.pcof.keyring', read('vault.pcof.keyring'))
    expect((await coffer(['keys', 'rekey', 'gone.pcof', '--force', ...from('third')])).code).toBe(17)
    expect(existsSync(at('gone.pcof'))).toBe(false)
  })

  test('rekey shuts out the old keys and what it was not told', async () => {
    expect((await coffer(['keys', 'rekey', 'vault.pcof', ...from('third')])).code).toBe(4)
    const { stderr } = await coffer(['keys', 'rekey', 'vault.pcof', '--force', ...from('third')])
    expect(stderr).toContain('Dropped: recovery "paper"')
    expect((await coffer(['ls', 'vault.pcof', '--keys', 'vault.keys'])).code).toBe(10)
    expect(await out(['cat', 'vault.pcof', 'x', ...from('third')])).toBe('content')
  })

  test('a configuration may name a keyring', async () => {
    write('home/.pycofferrc', `safe:\n  type: bank\n  location: ${at('vault.pcof')}\n  auth: keyring\n`)
    expect(await out(['ls', '--coffer', 'safe', ...from('third')])).toBe('x\n')
  })
})

describe('coffer password', () => {
  const place = createPlace()
  const { at, out, coffer, write } = place
  const vault = ['vault.pcof', '--keys', 'vault.keys']

  beforeAll(async () => {
    await out(['generate', 'vault.pcof', '--keys', 'vault.keys'])
  })

  test('add, ls without secrets, show, delete', async () => {
    await out(['password', 'add', ...vault, '--name', 'bank', '--username', 'ann', '--owner', 'me', '--url', 'https://bank.example', '--note', 'pin elsewhere', '--secret-from', 'stdin'], { stdin: 'pass word 1\n' })
    await out(['password', 'add', ...vault, 'shop', '--generate', '31'])
    const list = await out(['password', 'ls', ...vault])
    expect(list).toBe('bank  ann  https://bank.example  me\nshop\n')
    const json = await out(['password', 'ls', ...vault, '--json'])
    expect(json).not.toMatch(/pass word|pin elsewhere/)
    expect(await out(['password', 'show', ...vault, '--name', 'bank', '--owner', 'me'])).toContain('Password: pass word 1\n')
    const shop = JSON.parse(await out(['password', 'show', ...vault, 'shop', '--json'])) as { password: string }
    expect(shop.password).toHaveLength(31)
    expect((await coffer(['password', 'add', ...vault, 'bank', '--username', 'ann', '--owner', 'me', '--generate'])).code).toBe(18)
    expect((await coffer(['password', 'delete', ...vault, 'bank'])).code).toBe(4)
    await out(['password', 'delete', ...vault, 'bank', '--force'])
    expect(await out(['password', 'ls', ...vault])).toBe('shop\n')
    expect((await coffer(['password', 'show', ...vault, 'bank'])).code).toBe(17)
  })

  test('add takes a password that is there, and one line', async () => {
    const add = (source: string, options: { stdin?: string; env?: Record<string, string> }): ReturnType<typeof coffer> => coffer(['password', 'add', ...vault, 'never', '--secret-from', source], options)
    expect(await add('stdin', {})).toMatchObject({ code: 4, stderr: expect.stringContaining('empty') })
    expect(await add('env:EMPTY', { env: { EMPTY: '' } })).toMatchObject({ code: 4, stderr: expect.stringContaining('empty') })
    expect(await add('stdin', { stdin: 'two\nlines' })).toMatchObject({ code: 2, stderr: expect.not.stringMatching(/two|lines\b(?! )/) })
    expect((await coffer(['password', 'show', ...vault, 'never'])).code).toBe(17)
  })

  test('import of what Chrome, Firefox and Bitwarden export', async () => {
    write('chrome.csv', 'name,url,username,password,note\nsite,https://a.example,bob,"p,w",\n')
    await out(['password', 'import-chrome', ...vault, '-i', 'chrome.csv'])
    write('bitwarden.json', JSON.stringify({ encrypted: false, items: [{ type: 1, name: 'bw', login: { username: 'u', password: 'pw', totp: 'JBSWY3DPEHPK3PXP', uris: [] } }] }))
    await out(['password', 'import', ...vault, 'bitwarden.json'])
    expect(await out(['password', 'show', ...vault, 'site'])).toMatch(/Password: p,w\n[^]*Owner: +chrome/)
    expect(await out(['password', 'show', ...vault, 'bw', '--totp'])).toMatch(/^\d{6}\n$/)
    write('no.csv', 'a,b\n')
    expect((await coffer(['password', 'import', ...vault, 'no.csv'])).code).toBe(35)
  })

  test('generate needs no coffer', async () => {
    expect(await out(['password', 'generate', '--length', '40', '--characters', 'digit'])).toMatch(/^\d{40}\n$/)
    expect((await coffer(['password', 'generate', '--length', '2'])).code).toBe(2)
  })

  test('clip hands the password to the clipboard by stdin, and clears it after a while unless it holds something else', async () => {
    // Stands for xclip: keeps what it is given in a file, and writes down its arguments.
    const tool = `#!/bin/sh\necho "$@" >> ${at('arguments')}\ncase "$*" in *-o*) cat ${at('clipboard')};; *) tee -a ${at('copied')} > ${at('clipboard')};; esac\n`
    write('bin/xclip', tool, 0o755)
    const env = { DISPLAY: ':9', PATH: `${at('bin')}:${process.env['PATH'] ?? ''}` }
    await out(['password', 'add', ...vault, 'clipped', '--secret-from', 'stdin'], { stdin: 'to be pasted' })
    const { code, stderr } = await coffer(['password', 'clip', ...vault, 'clipped', '--clear', '1'], { env })
    expect(stderr).toBe('Copied the password of clipped; it is cleared in 1 seconds.\n')
    expect(code).toBe(0)
    // Not the clipboard, which may be cleared by now where the machine is busy.
    expect(place.read('copied')).toBe('to be pasted')
    await expect.poll(() => place.read('clipboard'), { timeout: 30_000, interval: 100 }).toBe('')
    expect(place.read('arguments')).not.toContain('pasted')
    await out(['password', 'clip', ...vault, 'clipped', '--clear', '1'], { env })
    write('clipboard', 'of somebody else')
    await new Promise((resolve) => setTimeout(resolve, 2500))
    expect(readFileSync(at('clipboard'), 'utf8')).toBe('of somebody else')
    expect((await coffer(['password', 'clip', ...vault, 'clipped'])).code).toBe(5)
  })
})
