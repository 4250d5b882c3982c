import { mkdirSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { createPlace, run } from './command.js'

// Runs everything that handles a secret, with a shell in its place that writes down every argument, and looks for the secrets in all that was
// written: output, errors, files.

const place = createPlace()
const { at, write, folder } = place

const password = 'correct-horse-battery'
const newPassword = 'staple-of-the-second'
const login = 'hunter2-hunter2'
const content = 'the content of a member'
const cofferKey = Buffer.from('0123456789abcdef')
const secureKey = Buffer.from('fedcba9876543210fedcba9876543210')

/** How a secret may look: as it is, in base64 of both alphabets, in hex. */
function formsOf(secret: string | Buffer): string[] {
  const bytes = Buffer.from(secret)
  return [bytes.toString('latin1'), bytes.toString('base64').slice(0, -3), bytes.toString('base64url').slice(0, -3), bytes.toString('hex')]
}

const secrets = [password, newPassword, login, content, cofferKey, secureKey].flatMap(formsOf)

test('no secret is in an argument, in output, in an error, or in a file that is not meant for it', { timeout: 300_000 }, async () => {
  write('key.file', `type: bank\ncoffer_key: ${cofferKey.toString('base64')}\nsecure_key: ${secureKey.toString('base64')}\n`)
  write('password.file', `${password}\n`)
  write('new.file', `${newPassword}\n`)
  mkdirSync(at('written'))
  write('input', content)
  const byKeys = ['vault.pcof', '--keys', 'key.file']
  const byPassword = ['vault.pcof', '--password-from', `file:${at('password.file')}`]
  const commands: [string[], string?][] = [
    [['add', ...byKeys, 'input']],
    [['keys', 'add', ...byKeys, '--new-from', 'stdin'], `${password}\n`],
    [['keys', 'add', ...byPassword, '--new-from', `file:${at('new.file')}`, '--json']],
    [['keys', 'ls', 'vault.pcof', '--json']],
    [['keys', 'ls', 'vault.pcof']],
    [['ls', ...byPassword, '-l']],
    [['ls', ...byPassword, '--json']],
    [['info', ...byPassword, '--json']],
    [['info', ...byKeys]],
    [['check', ...byKeys, '--json']],
    [['check', 'system']],
    [['password', 'add', ...byKeys, '--name', 'site', '--secret-from', 'stdin', '--json'], `${login}\n`],
    [['password', 'add', ...byKeys, '--name', 'site', '--secret-from', 'stdin'], `${login}\n`],
    [['password', 'ls', ...byKeys]],
    [['password', 'ls', ...byKeys, '--json']],
    [['password', 'delete', ...byKeys, 'nothing', '--force']],
    [['crypt', ...byKeys, 'input', 'written/input.crypt']],
    [['sync', ...byKeys, 'written', 'mirror', '--json']],
    [['compact', ...byKeys]],
    // Failures, which tell most.
    [['ls', 'vault.pcof', '--password-from', 'stdin'], `${login}\n`],
    [['ls', 'vault.pcof', '--auth', 'env:NOTHING']],
    [['ls', 'vault.pcof', '--keys', 'password.file']],
    [['ls', 'vault.pcof', '--keys', 'input']],
    [['ls', 'vault.pcof', '--keys', '-'], `coffer_key: ${cofferKey.toString('base64')}\nsecure_key: ${secureKey.toString('base64')}x\n`],
    [['ls', 'vault.pcof', '--keys', '-'], `coffer_key: ${cofferKey.toString('base64')}\n`],
    [['ls', 'vault.pcof', '--keys', '-'], `[x]\ncoffer_key = ${cofferKey.toString('base64')}\n${secureKey.toString('base64')}\n`],
    [['ls', 'vault.pcof', '--keys', '-'], `coffer_key: [${cofferKey.toString('base64')}\n`],
    [['ls', 'vault.pcof', '--auth', cofferKey.toString('base64')]],
    [['ls', 'vault.pcof', '--password-from', login]],
    [['--no-such', '--']],
  ]
  let written = ''
  for (const [args, stdin] of commands) {
    // What the user himself gives as an argument is there; what we start must have none of it.
    const { stdout, stderr } = await run('strace', ['-f', '--seccomp-bpf', '-qq', '-e', 'trace=execve', '-s', '4096', '-o', at('trace'), process.execPath, place.env()['COFFER'] ?? '', ...args], {
      cwd: folder,
      env: place.env(),
      ...(stdin === undefined ? {} : { stdin }),
    }).catch(() => place.coffer(args, stdin === undefined ? {} : { stdin }))
    written += `${stdout}\n${stderr}\n`
    const own = args.some((arg) => secrets.some((secret) => arg.includes(secret)))
    if (!own) written += readTrace()
  }
  for (const name of readdirSync(folder, { recursive: true, encoding: 'utf8' })) {
    if (/^(key|password|new)\.file$|^input$|^trace$/.test(name)) continue
    try {
      written += readFileSync(join(folder, name), 'latin1')
    } catch {
      // A directory.
    }
  }
  expect(written.length).toBeGreaterThan(10_000)
  expect(secrets.filter((secret) => written.includes(secret))).toEqual([])
  // The look would find them.
  expect((await place.coffer(['password', 'show', ...byKeys, 'site'])).stdout).toContain(login)
  expect(await place.out(['cat', ...byKeys, 'input'])).toContain(content)
})

function readTrace(): string {
  try {
    return readFileSync(at('trace'), 'latin1')
  } catch {
    // No strace here: what is started is looked at by the test of the clipboard alone.
    return ''
  }
}
