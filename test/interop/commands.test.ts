import { execFile } from 'node:child_process'
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { pythonFor } from '../../scripts/setup.mjs'
import { repository } from '../sources.js'

// Both commands as processes, on the same coffers and the same configuration.

const run = promisify(execFile)
const folder = mkdtempSync(join(tmpdir(), 'coffer-commands-'))
const home = join(folder, 'home')
const env = { ...process.env, HOME: home, NO_COLOR: '1' }
const command = join(repository, 'packages/cli/dist/coffer.js')
let python = ''

async function theirs(...args: string[]): Promise<string> {
  return (await run(join(dirname(python), 'pycoffer'), args, { cwd: folder, env })).stdout
}

async function ours(...args: string[]): Promise<string> {
  return (await run(process.execPath, [command, ...args, '-q'], { cwd: folder, env })).stdout
}

const at = (...names: string[]): string => join(folder, ...names)
const sortedLines = (text: string): string[] => text.split('\n').filter((line) => line !== '').toSorted()
/** The names in what PyCoffer's `ls` prints, `NAME SIZE` a line. */
const namesOf = (text: string): string[] => sortedLines(text).map((line) => line.replace(/ \d+$/, ''))

/** Files below a directory, with their contents. */
function contentsOf(directory: string): Record<string, string> {
  const files = readdirSync(directory, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile())
  const names = files.map((entry) => join(entry.parentPath, entry.name)).toSorted()
  return Object.fromEntries(names.map((path) => [path.slice(directory.length + 1), readFileSync(path, 'latin1')]))
}

async function filesOf(name: string, ...args: string[]): Promise<string[]> {
  const members = JSON.parse(await ours('ls', '--coffer', name, '--json', ...args)) as { name: string; type: string }[]
  return members.filter(({ type }) => type === 'file').map((member) => member.name).toSorted()
}

const types = ['bank', 'store', 'market', 'null']

beforeAll(async () => {
  python = await pythonFor('current')
  mkdirSync(home)
  mkdirSync(at('docs/deep'), { recursive: true })
  writeFileSync(at('docs/a.txt'), 'first\n')
  writeFileSync(at('docs/deep/b.txt'), 'second\n'.repeat(30_000))
  // PyCoffer keeps whole seconds, and takes a file with more for newer than itself.
  for (const name of ['docs/a.txt', 'docs/deep/b.txt']) utimesSync(at(name), 1_700_000_000, 1_700_000_000)
  writeFileSync(at('loose.txt'), 'a loose file')
  // One configuration, of which each program has made half the sections.
  let text = '[DEFAULT]\ndefault_coffer = o-bank\n\n'
  for (const type of types) {
    text += `${await theirs('generate', '-f', `p-${type}`, '--type', type, '--location', folder)}\n`
    text += `${await ours('generate', '--coffer', `o-${type}`, '--type', type, '--location', at(`o-${type}.pcof`), '--backup', '.backup', '--ini', '--print')}\n`
  }
  writeFileSync(join(home, '.pycofferrc'), text)
  chmodSync(join(home, '.pycofferrc'), 0o600)
}, 300_000)

afterAll(() => rmSync(folder, { recursive: true, force: true }))

describe('the table of PyCoffer’s commands in docs/CLI.md', () => {
  const rows = /\| PyCoffer \| option \|[^]*?\n\n/.exec(readFileSync(join(repository, 'docs/CLI.md'), 'utf8'))?.[0] ?? ''
  const table: { theirs: string; option: string; ours: string }[] = []
  for (const row of rows.split('\n').slice(2)) {
    const [, name = '', option = '', own = ''] = row.split('|').map((cell) => cell.trim().replaceAll('`', ''))
    if (row.startsWith('|')) table.push({ theirs: name === '' ? (table.at(-1)?.theirs ?? '') : name, option, ours: own })
  }

  test('has every command and option that PyCoffer has', async () => {
    const { stdout } = await run(python, [join(import.meta.dirname, 'python', 'commands.py')], { env })
    const there = Object.entries(JSON.parse(stdout) as Record<string, string[]>).flatMap(([name, options]) => {
      const own = options.filter((option) => option !== '-c, --conf' && (option !== '-f, --coffer' || name === 'generate'))
      return own.length === 0 ? [`${name} `] : own.map((option) => `${name} ${option}`)
    })
    expect(there.length).toBeGreaterThan(25)
    expect(table.map(({ theirs, option }) => `${theirs} ${option}`).toSorted()).toEqual(there.toSorted())
  })

  test('names commands and options that ours has', async () => {
    const helps = new Map<string, string>()
    let name = ''
    for (const { ours: own } of table) {
      const words = own.split(' ')
      const option = words.find((word) => word.startsWith('--'))
      name = words.filter((word) => !word.startsWith('--')).join(' ') || name
      // "check system" is an argument of check.
      const path = name.replace(' system', '')
      if (!helps.has(path)) helps.set(path, (await run(process.execPath, [command, ...path.split(' '), '--help'], { env })).stdout)
      if (option !== undefined) expect(helps.get(path), `${path} ${option}`).toMatch(new RegExp(`${option}[ ,]`))
    }
    for (const help of helps.values()) if (/--json/.test(help)) expect(help).toMatch(/-c, --conf|system/)
  })

  test('has the exit code of every error', async () => {
    const { listExitCodes } = await import('../../packages/cli/src/exit-codes.js')
    const text = readFileSync(join(repository, 'docs/CLI.md'), 'utf8')
    for (const [code, exit] of listExitCodes()) expect(text).toContain(`| ${exit} | \`${code}\` |`)
    expect(new Set(listExitCodes().map(([, exit]) => exit)).size).toBe(listExitCodes().length)
  })
})

describe.each(types)('a %s that ours made', (type) => {
  const name = `o-${type}`

  test('is listed and extracted alike by both', async () => {
    await ours('add', '--coffer', name, '-s', 'docs', '-t', 'docs')
    expect(namesOf(await theirs('ls', '-f', name))).toEqual(await filesOf(name))
    mkdirSync(at(`theirs-${name}`))
    await theirs('extract', '-f', name, '--all', '-p', at(`theirs-${name}`))
    await ours('extract', '--coffer', name, '--all', '-p', at(`ours-${name}`))
    expect(contentsOf(at(`ours-${name}`))).toEqual({ 'docs/a.txt': 'first\n', 'docs/deep/b.txt': 'second\n'.repeat(30_000) })
    expect(contentsOf(at(`theirs-${name}`))).toEqual(contentsOf(at(`ours-${name}`)))
    await theirs('extract', '-f', name, '-i', 'docs/a.txt', '-p', at('one'))
    expect(contentsOf(at('one'))).toEqual({ 'docs/a.txt': 'first\n' })
    rmSync(at('one'), { recursive: true })
  })

  test('is changed by PyCoffer, which is noticed, and read on its word', async () => {
    await theirs('delete', '--coffer', name, '--file', 'docs/a.txt', '--force')
    await theirs('add', '-f', name, '-s', 'loose.txt')
    await expect(ours('ls', '--coffer', name)).rejects.toMatchObject({ code: type === 'null' ? expect.any(Number) : 13 })
    if (type !== 'null') await expect(ours('ls', '--coffer', name, '--legacy')).rejects.toMatchObject({ code: 11, stderr: expect.stringContaining('--legacy rewritten reads') })
    expect(await filesOf(name, '--legacy', 'rewritten')).toEqual(['docs/deep/b.txt', 'loose.txt'])
    await ours('convert', '--coffer', name, '--legacy', 'rewritten')
    expect(await filesOf(name)).toEqual(['docs/deep/b.txt', 'loose.txt'])
    expect(namesOf(await theirs('ls', '-f', name))).toEqual(['docs/deep/b.txt', 'loose.txt'])
    // Both keep the file as it was, as the configuration says.
    expect(readdirSync(folder)).toContain(`o-${type}.pcof.backup`)
  })
})

describe.each(types)('a %s that PyCoffer made', (type) => {
  const name = `p-${type}`

  test('is listed alike by both, and becomes one of ours', async () => {
    await theirs('add', '-f', name, '-s', 'docs', '-t', 'sub/docs')
    await expect(ours('ls', '--coffer', name)).rejects.toMatchObject({ code: 13 })
    expect(await filesOf(name, '--legacy')).toEqual(namesOf(await theirs('ls', '-f', name)))
    await ours('convert', '--coffer', name)
    await ours('add', '--coffer', name, 'loose.txt')
    await ours('delete', '--coffer', name, '-i', 'sub/docs/a.txt', '--force', '--purge')
    expect(namesOf(await theirs('ls', '-f', name))).toEqual(['loose.txt', 'sub/docs/deep/b.txt'])
  })

  test('refuses to replace, in both', async () => {
    await expect(theirs('add', '-f', name, '-s', 'loose.txt')).rejects.toThrow(/File already exists/)
    await expect(ours('add', '--coffer', name, '-s', 'loose.txt', '--legacy', 'rewritten')).rejects.toThrow()
  })
})

describe('plugins', () => {
  test.each(['bank', 'store', 'market'])('crypt of a %s: each decrypts what the other made', async (type) => {
    await theirs('crypt', '-f', `o-${type}`, '-s', 'loose.txt', '-t', `${type}.theirs`)
    await ours('crypt', '--coffer', `o-${type}`, 'loose.txt', `${type}.ours`)
    expect(await ours('decrypt', '--coffer', `o-${type}`, `${type}.theirs`, '-')).toBe('a loose file')
    await theirs('decrypt', '-f', `o-${type}`, '-s', `${type}.ours`, '-t', `${type}.clear`)
    expect(readFileSync(at(`${type}.clear`), 'utf8')).toBe('a loose file')
  })

  test('password: what PyCoffer keeps is listed, shown and taken in; both read Chrome’s export alike', async () => {
    await theirs('password', 'add', '-f', 'p-bank', '--name', 'bank', '--owner', 'me', '--username', 'ann', '--url', 'https://b.example', '--password', 'pw 1')
    writeFileSync(at('chrome.csv'), 'name,url,username,password,note\nshop,https://s.example,bob,pw2,\n')
    await theirs('password', 'import-chrome', '-f', 'p-bank', '-i', 'chrome.csv')
    await ours('convert', '--coffer', 'p-bank', '--legacy', 'rewritten')
    const theirList = sortedLines(await theirs('password', 'ls', '-f', 'p-bank')).filter((line) => !line.startsWith('Name'))
    const cells = (text: string): string[][] => sortedLines(text).map((line) => line.split(/ +/))
    expect(cells(await ours('password', 'ls', '--coffer', 'p-bank'))).toEqual(cells(theirList.join('\n')))
    expect(await ours('password', 'show', '--coffer', 'p-bank', '--name', 'bank', '--owner', 'me')).toContain('Password: pw 1')
    expect(await theirs('password', 'show', '-f', 'p-bank', '--name', 'bank', '--owner', 'me')).toContain('pw 1')

    await ours('password', 'import-chrome', '--coffer', 'o-market', '-i', 'chrome.csv')
    expect(cells(await ours('password', 'ls', '--coffer', 'o-market'))).toEqual([['shop', 'bob', 'https://s.example', 'chrome']])
    // PyCoffer writes the coffer anew for a look at a password.
    await ours('convert', '--coffer', 'p-bank', '--legacy', 'rewritten')
    await ours('password', 'import', '--coffer', 'p-bank', '--pycoffer')
    await ours('password', 'delete', '--coffer', 'p-bank', '--name', 'bank', '--force')
    expect(cells(await ours('password', 'ls', '--coffer', 'p-bank'))).toEqual([['shop', 'bob', 'https://s.example', 'chrome']])
    await theirs('password', 'delete', '-f', 'p-bank', '--name', 'bank', '--owner', 'me')
  })

  test('rsync and sync find the same to do', async () => {
    await ours('sync', '--coffer', 'o-store', '-s', 'docs', '-t', 'mirror')
    writeFileSync(at('docs/new.txt'), 'new')
    writeFileSync(at('docs/a.txt'), 'first, changed\n')
    const later = Date.now() / 1000 + 100
    utimesSync(at('docs/a.txt'), later, later)
    const theirDry = await theirs('rsync', '-f', 'o-store', '-s', 'docs', '-t', 'mirror', '--dry')
    const updates = new Set([...theirDry.matchAll(/'update mirror\/([^']+)'/g)].map(([, name]) => name))
    // The dry run of PyCoffer's rewrites the file, without its directories.
    const dry = JSON.parse(await ours('sync', '--coffer', 'o-store', '-s', 'docs', '-t', 'mirror', '--dry', '--json', '--legacy', 'rewritten')) as {
      changes: { name: string; type: string }[]
    }
    expect(dry.changes.filter(({ type }) => type === 'file').map((change) => change.name).toSorted()).toEqual(['a.txt', 'new.txt'])
    expect(updates).toEqual(new Set(['a.txt', 'new.txt']))
  })

  test('check system tells of the same', async () => {
    const labels = (text: string): string[] => sortedLines(text).map((line) => line.replace(/ :.*/, ''))
    const their = labels(await theirs('check', 'system')).filter((label) => label !== 'Ldd' && label !== 'Python')
    const own = labels(await ours('check', 'system'))
    expect(own).toEqual(expect.arrayContaining(their))
    expect(own).toEqual(expect.arrayContaining(['Coffer', 'Node']))
  })
})

test.each(['ini', 'yaml'])('plugins in a configuration (%s) are passed over by PyCoffer, and used by ours', async (form) => {
  const conf = at(`plugins.${form}`)
  writeFileSync(at('hello.mjs'), `export const hello = { name: 'hello', kind: 'other', description: '', create: () => 'hello', commands: [{ name: 'say', summary: '', run: ({ plugin, settings, print }) => print(plugin + settings.whom) }] }`)
  const defaults = form === 'ini' ? '[DEFAULT]\nplugins =\n  hello: ./hello.mjs\nhello.whom = Ann\n' : 'DEFAULT:\n  plugins:\n    hello: ./hello.mjs\n  hello.whom: Ann\n'
  writeFileSync(conf, defaults, { mode: 0o600 })
  await ours('generate', '--coffer', 'papers', '--conf', conf, '--location', at(`plugins-${form}.pcof`))
  await ours('add', '--coffer', 'papers', '--conf', conf, 'loose.txt')
  expect(await ours('hello', 'say', '--coffer', 'papers', '--conf', conf)).toBe('helloAnn\n')
  const args = ['ls', '-c', conf, '-f', 'papers']
  const script = join(import.meta.dirname, 'python', 'yaml_commands.py')
  const theirList = form === 'ini' ? await theirs(...args) : (await run(python, [script, ...args], { cwd: folder, env: { ...env, HOME: folder } })).stdout
  expect(namesOf(theirList)).toEqual(['loose.txt'])
})

test('the YAML form is read by PyYAML, as PyCoffer’s source after 0.1.4 does, and opens the same coffer', async () => {
  const conf = at('both.yaml')
  // What YAML 1.1 would take for something else.
  for (const name of ['papers', 'yes', '1_0']) await ours('generate', '--coffer', name, '--type', name === 'yes' ? 'store' : 'bank', '--conf', conf, '--location', at(`y-${name}.pcof`))
  for (const name of ['papers', 'yes', '1_0']) {
    await ours('add', '--coffer', name, '--conf', conf, 'loose.txt')
    const script = join(import.meta.dirname, 'python', 'yaml_commands.py')
    const { stdout } = await run(python, [script, 'ls', '-c', conf, '-f', name], { cwd: folder, env: { ...env, HOME: folder } })
    expect(namesOf(stdout)).toEqual(['loose.txt'])
  }
})
