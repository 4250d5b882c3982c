import { once } from 'node:events'
import { chmodSync, existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { syncPlugin } from '@coffer/node'
import { describe, expect, test } from 'vitest'
import { createPlace, onTerminal } from './command.js'

const cofferKey = Buffer.alloc(32, 9)

/** A plugin that keeps a list, and leaves a file where it was loaded. */
const listModule = (name: string, more = ''): string => `
import { writeFileSync } from 'node:fs'
writeFileSync(new URL('./loaded-${name}', import.meta.url), '')
export const plugin = {
  name: '${name}',
  kind: 'file',
  description: 'A list',
  file: '.plugins/${name}',
  create: ({ file }) => ({
    add: (text) => file.update((bytes = new Uint8Array()) => Buffer.concat([bytes, Buffer.from(text + '\\n')])),
    text: async () => Buffer.from((await file.read()) ?? []).toString(),
  }),
  commands: [
    { name: 'add', summary: 'add a line', args: 'text', writes: true, options: [{ flags: '-n, --number <n>', description: 'a number' }],
      run: async ({ plugin, args, options, note }) => { await plugin.add(args.join(' ') + (options.number ?? '')); note('added\\u001b[2J') } },
    { name: 'show', summary: 'show it',
      run: async ({ plugin, json, print, printJson, settings }) => json ? printJson({ text: await plugin.text(), settings }) : print(await plugin.text()) },
    { name: 'wait', summary: 'wait until Ctrl-C, and take no notice', writes: true,
      run: async ({ plugin, note, signal }) => { await plugin.add('lost'); const timer = setInterval(() => {}, 1000); note('waiting'); await new Promise((done) => signal.addEventListener('abort', done)); clearInterval(timer) } },
    { name: 'fail', summary: 'fail', args: 'how', writes: true,
      run: async ({ plugin, args: [how] }) => { await plugin.add('lost'); if (how === 'json') JSON.parse('a hidden text'); throw new RangeError('This is no ' + how + '.') } },
  ],
  ${more}
}
`

/** A plugin that gives what an expression says. */
const authModule = (name: string, answer: string): string => `
export const plugin = { name: '${name}', kind: 'auth', description: 'Keys', authenticate: async (request) => (${answer}) }
`

const configOf = (plugins: Record<string, string>, sections = ''): string =>
  `DEFAULT:\n  plugins:\n${Object.entries(plugins).map(([name, module]) => `    ${name}: ${module}\n`).join('')}${sections}`

describe('commands of a plugin', () => {
  const place = createPlace()
  const { at, write, out, coffer } = place
  write('home/plugins/list.mjs', listModule('list'))
  write('home/plugins/other.mjs', listModule('other'))
  write('home/.pycofferrc', configOf({ list: './plugins/list.mjs', other: '~/plugins/other.mjs' }, `  list.colour: blue\npapers:\n  type: store\n  location: ${at('papers.pcof')}\n  coffer_key: ${cofferKey.toString('base64')}\n  list.size: 3\n  other.size: 4\n`))

  test('work on the coffer that is named, and load no other plugin', async () => {
    expect((await coffer(['list', 'add', '--coffer', 'papers', 'some', 'text', '-n', '1'])).stderr).toBe(`added\\u{1b}[2J\nMade the coffer ${at('papers.pcof')}.\n`)
    expect(await out(['list', 'show', 'papers'])).toBe('some text1\n\n')
    // In the coffer as any plugin's, and with what the configuration says to this one.
    expect(JSON.parse(await out(['list', 'show', at('papers.pcof'), '--json']))).toEqual({ text: 'some text1\n', settings: { colour: 'blue', size: '3' } })
    expect(await out(['cat', '--coffer', 'papers', '.plugins/list'])).toBe('some text1\n')
    expect(existsSync(at('home/plugins/loaded-list'))).toBe(true)
    expect(existsSync(at('home/plugins/loaded-other'))).toBe(false)
  })

  test('have help as ours have', async () => {
    expect(await out(['list', '--help'])).toContain('add a line')
    const help = await out(['list', 'add', '--help'])
    expect(help).toContain('coffer list add [options] [coffer-and-text...]')
    for (const flag of ['--number <n>', '--coffer <name>', '--password-from', '--json']) expect(help).toContain(flag)
  })

  test('write nothing where they fail, and say what they say, but not what a parser says', async () => {
    const before = readFileSync(at('papers.pcof'))
    const failed = await coffer(['list', 'fail', '--coffer', 'papers', 'way'])
    expect(failed).toMatchObject({ code: 32, stdout: '' })
    expect(failed.stderr).toContain('The plugin "list" failed: This is no way.')
    const parsed = await coffer(['list', 'fail', '--coffer', 'papers', 'json'])
    expect(parsed.code).toBe(32)
    expect(parsed.stderr).toContain('The plugin "list" failed (SyntaxError).')
    expect(parsed.stderr).not.toContain('hidden')
    expect(readFileSync(at('papers.pcof')).equals(before)).toBe(true)
  })

  test('write nothing after Ctrl-C, and leave no lock', async () => {
    const before = readFileSync(at('papers.pcof'))
    const child = place.start(['list', 'wait', '--coffer', 'papers'])
    await new Promise<void>((resolve) => child.stderr?.setEncoding('utf8').on('data', (text: string) => text.includes('waiting') && resolve()))
    child.kill('SIGINT')
    const [code] = (await once(child, 'close')) as [number]
    expect(code).toBe(130)
    expect(readFileSync(at('papers.pcof')).equals(before)).toBe(true)
    await out(['list', 'add', '--coffer', 'papers', 'more', '--lock-timeout', '0'])
    expect(await out(['list', 'show', 'papers'])).toBe('some text1\nmore\n\n')
  })

  test('are refused arguments and commands that they do not have', async () => {
    expect((await coffer(['list', 'show', '--coffer', 'papers', 'more'])).code).toBe(2)
    expect((await coffer(['list', 'nothing'])).code).toBe(2)
    expect((await coffer(['lists'])).stderr).toContain("unknown command 'lists'")
  })

  test('are completed by name, without loading them', async () => {
    expect(await out(['__complete', 'l'])).toBe('list\nls\n')
    expect(await out(['__complete', 'o'])).toBe('other\n')
    expect(existsSync(at('home/plugins/loaded-other'))).toBe(false)
  })

  test('are found by another configuration, too', async () => {
    write('conf/own.yaml', configOf({ list: '../home/plugins/list.mjs' }))
    write('key.file', `type: store\ncoffer_key: ${cofferKey.toString('base64')}\n`)
    for (const conf of [['-c', 'conf/own.yaml'], ['--conf', 'conf/own.yaml'], ['--conf=conf/own.yaml'], ['-cconf/own.yaml']]) {
      expect(await out(['list', 'show', 'papers.pcof', '--keys', 'key.file', ...conf])).toBe('some text1\nmore\n\n')
    }
  })
})

describe('plugins that give keys', () => {
  const place = createPlace()
  const { at, write, out, coffer } = place
  const names = ['fixed', 'seen', 'asking', 'unlock', 'wrong', 'throwing', 'telling', 'missing', 'looping']
  const key = `Buffer.alloc(32, 9)`
  write('home/p/fixed.mjs', authModule('fixed', `{ cofferKey: ${key}, variant: 'store' }`))
  write('home/p/seen.mjs', authModule('seen', `(await import('node:fs')).writeFileSync('seen.json', JSON.stringify({ ...request, readKeyring: await request.readKeyring() })) ?? { cofferKey: ${key} }`))
  write('home/p/asking.mjs', authModule('asking', `{ cofferKey: Buffer.alloc(32, Number(await request.prompt('Which\\u001b[2J? '))) }`))
  write('home/p/unlock.mjs', authModule('unlock', `{ secret: { password: request.source } }`))
  write('home/p/wrong.mjs', authModule('wrong', `{ cofferKey: 'hidden' }`))
  write('home/p/throwing.mjs', authModule('throwing', `JSON.parse('hidden')`))
  write('home/p/telling.mjs', authModule('telling', `(() => { throw Object.assign(new Error('The device is not there: put it in.'), { name: 'CofferError', code: 'ERR_COFFER_KEY' }) })()`))
  write('home/p/missing.mjs', authModule('missing', `(await import('node:fs')).readFileSync(request.source)`))
  write('home/p/looping.mjs', `throw new Error('I am not ready')`)
  const sections = `papers:\n  type: store\n  location: ${at('papers.pcof')}\n  auth: fixed\nasked:\n  type: store\n  location: ${at('papers.pcof')}\n  auth: seen:where it is\n  seen.level: 2\n`
  write('home/.pycofferrc', configOf(Object.fromEntries(names.map((name) => [name, `./p/${name}.mjs`])), `  seen.deep: yes\n${sections}`))

  test('give them by the configuration, and by --auth', async () => {
    write('a.txt', 'content')
    await out(['add', '--coffer', 'papers', 'a.txt'])
    expect(await out(['ls', 'papers'])).toBe('a.txt\n')
    // What they are for is known from the plugin.
    expect(await out(['ls', at('papers.pcof'), '--auth', 'fixed'])).toBe('a.txt\n')
    expect((await coffer(['ls', at('papers.pcof'), '--auth', 'fixed:', '--type', 'bank'])).code).not.toBe(0)
  })

  test('are told what they are for, and what the configuration says to them', async () => {
    expect(await out(['ls', 'asked'])).toBe('a.txt\n')
    expect(JSON.parse(place.read('seen.json'))).toEqual({ coffer: 'asked', location: at('papers.pcof'), source: 'where it is', settings: { level: '2', deep: 'true' }, signal: {} })
  })

  test('ask through the command: at the terminal, or from where --password-from says', async () => {
    expect(await out(['ls', 'papers.pcof', '--type', 'store', '--auth', 'asking', '--password-from', 'stdin'], { stdin: '9\n' })).toBe('a.txt\n')
    const asked = await onTerminal(place, ['ls', 'papers.pcof', '--type', 'store', '--auth', 'asking'], [{ wait: 'Which\\u{1b}[2J? ', send: '9\r' }])
    expect(asked).toMatchObject({ code: 0, missed: null })
  })

  test('or give a secret that opens the keyring', async () => {
    await out(['keys', 'add', '--coffer', 'papers', '--new-from', 'stdin'], { stdin: 'a good password\n' })
    expect(await out(['ls', 'papers.pcof', '--type', 'store', '--auth', 'unlock:a good password'])).toBe('a.txt\n')
    expect((await coffer(['ls', 'papers.pcof', '--type', 'store', '--auth', 'unlock:another'])).code).toBe(10)
    // Its keyring is the one beside the coffer.
    expect(await out(['keys', 'ls', 'papers.pcof', '--auth', 'unlock:x'])).toContain('password')
    const byPlugin = ['papers.pcof', '--type', 'store', '--auth', 'unlock:a good password']
    await out(['keys', 'add', ...byPlugin, '--label', 'more', '--new-from', 'stdin'], { stdin: 'another one\n' })
    expect(await out(['keys', 'ls', 'papers.pcof'])).toContain('more')
    const rekeyed = await coffer(['keys', 'rekey', ...byPlugin, '--force'])
    expect(rekeyed).toMatchObject({ code: 0 })
    expect(rekeyed.stderr).toContain('Dropped: password "more"')
    expect(await out(['ls', ...byPlugin])).toBe('a.txt\n')
    const none = await coffer(['add', 'new.pcof', '--type', 'store', 'a.txt', '--auth', 'unlock:x'])
    expect(none).toMatchObject({ code: 32 })
    expect(existsSync(at('new.pcof'))).toBe(false)
  })

  test.each([
    ['keys that are none', 'wrong', 32, /gave a key that is no Uint8Array/],
    ['an error that quotes', 'throwing', 32, /failed \(SyntaxError\)\. What it says is not shown/],
    ['an error for the user', 'telling', 15, /The device is not there: put it in\./],
    ['an error of the system', 'missing:nowhere', 32, /ENOENT at nowhere/],
    ['an error at once', 'looping', 32, /cannot be loaded from .*looping\.mjs: I am not ready/],
    ['no such plugin', 'hidden', 2, /Keys come from/],
    ['a name that is none', 'Hidden:x', 2, /Keys come from/],
  ])('fail without what they know: %s', async (_, auth, code, message) => {
    const result = await coffer(['ls', 'papers.pcof', '--type', 'store', '--auth', auth])
    expect(result.stderr).toMatch(message)
    expect(result.stderr.toLowerCase()).not.toContain('hidden')
    expect(result).toMatchObject({ code, stdout: '' })
  })

  test('have no commands', async () => {
    const { code, stderr } = await coffer(['fixed', 'ls'])
    expect(code).toBe(32)
    expect(stderr).toContain('--auth fixed:SOURCE')
  })
})

describe('a plugin that is bad', () => {
  const place = createPlace()
  const { at, write, out, coffer } = place
  const bad: Record<string, readonly [module: string, message: RegExp]> = {
    gone: ['./p/gone.mjs', /"gone" is not there/],
    absent: ['coffer-absent', /"absent" is not there.*npm install -g coffer-absent/],
    web: ['https://example.org/x.mjs', /"web" is not there/],
    folder: ['./p', /"folder" is not there/],
    syntax: ['./p/syntax.mjs', /"syntax" cannot be loaded from/],
    throwing: ['./p/throwing.mjs', /"throwing" cannot be loaded from .*: not today/],
    empty: ['./p/empty.mjs', /"empty" is not what .* exports: no plugin/],
    renamed: ['./p/renamed.mjs', /"renamed" is not what .* exports: it is called another/],
    shapeless: ['./p/shapeless.mjs', /"shapeless" is none: it has no function `create`/],
    clashing: ['./p/clashing.mjs', /.^/],
    writable: ['./p/writable.mjs', /others may write to .*writable\.mjs \(mode 622\).*chmod go-w/],
    linked: ['./p/linked.mjs', /others may write to .*\/open \(mode 777\)/],
    ls: ['./p/good.mjs', /"ls" has a name that is taken/],
    env: ['./p/good.mjs', /"env" has a name that is taken/],
    password: ['./p/good.mjs', /"password" has a name that is taken/],
    Upper: ['./p/good.mjs', /"Upper" cannot be called so/],
  }
  write('home/p/good.mjs', listModule('good'))
  write('home/p/syntax.mjs', 'export const = 1')
  write('home/p/throwing.mjs', `throw new Error('not today')`)
  write('home/p/empty.mjs', 'export const name = 1')
  write('home/p/renamed.mjs', listModule('another'))
  write('home/p/shapeless.mjs', `export const plugin = { name: 'shapeless', kind: 'coffer', description: '' }`)
  write('home/p/clashing.mjs', listModule('clashing').replace('-n, --number <n>', '--keys <n>'))
  write('home/p/writable.mjs', listModule('writable'), 0o622)
  write('home/p/open/linked.mjs', listModule('linked'))
  chmodSync(at('home/p/open'), 0o777)
  symlinkSync('open/linked.mjs', at('home/p/linked.mjs'))
  const plugins = { good: './p/good.mjs', ...Object.fromEntries(Object.entries(bad).map(([name, [module]]) => [name, module])) }
  write('home/.pycofferrc', configOf(plugins, `papers:\n  type: store\n  location: ${at('papers.pcof')}\n  coffer_key: ${cofferKey.toString('base64')}\n`))

  test('is listed with what is wrong, among those that are good', async () => {
    const { code, stdout, stderr } = await coffer(['plugins'])
    expect(code).toBe(3)
    expect(stdout).toMatch(/^good +file +\.\/p\/good\.mjs +A list \(add, show, wait, fail\)$/m)
    expect(stdout).toMatch(/^env +auth +built in /m)
    expect(stdout.match(/^env /gm)).toHaveLength(1)
    const listed = JSON.parse((await coffer(['plugins', '--json'])).stdout) as { plugins: { name: string; kind: string }[]; problems: { name: string; message: string }[] }
    const { name: sync, kind: syncKind, description } = syncPlugin
    expect(listed.plugins).toContainEqual({ name: sync, kind: syncKind, description, from: 'built in', commands: [] })
    expect(new Set(listed.plugins.map(({ kind }) => kind))).toEqual(new Set(['auth', 'coffer', 'file', 'other']))
    for (const [name, [, message]] of Object.entries(bad)) {
      if (name === 'clashing') continue
      const found = listed.problems.find((problem) => problem.name === name)
      expect(found?.message, name).toMatch(message)
      expect(stderr).toContain(found?.message)
    }
  })

  test('stops no command that does not need it', async () => {
    write('a.txt', 'content')
    await out(['add', '--coffer', 'papers', 'a.txt'])
    // Ours, not the one that is called so.
    expect(await out(['ls', 'papers'])).toBe('a.txt\n')
    await out(['good', 'add', '--coffer', 'papers', 'x'])
    expect(await out(['ls', 'papers.pcof', '--auth', 'env:KEYS'], { env: { KEYS: `type: store\ncoffer_key: ${cofferKey.toString('base64')}` } })).toContain('a.txt\n')
    expect(await out(['check', 'system'])).toMatch(/^Plugins : file, .*, good, /m)
    expect(existsSync(at('home/p/loaded-good'))).toBe(true)
    for (const name of ['writable', 'linked', 'another']) expect(existsSync(at(`home/p/loaded-${name}`)), name).toBe(name === 'another')
  })

  test.each(['gone', 'throwing', 'shapeless', 'writable'])('is an error of its own code where it is needed: %s', async (name) => {
    const { code, stderr } = await coffer([name, 'add'])
    expect(code).toBe(32)
    expect(stderr).toMatch(bad[name]?.[1] ?? /.^/)
  })

  test('whose options are ours has no commands', async () => {
    const { code, stderr } = await coffer(['clashing', 'add'])
    expect(code).toBe(32)
    expect(stderr).toContain("commands that cannot be offered: Cannot add option '--keys <file>'")
  })

  test('names of ours are all taken', async () => {
    const help = await out(['--help'])
    const commands = [...(/Commands:\n([^]*?)\n\n/.exec(help)?.[1] ?? '').matchAll(/^ {2}([a-z][a-z-]*)/gm)].map(([, name = '']) => name)
    expect(commands).toContain('plugins')
    write('all.yaml', configOf(Object.fromEntries(commands.map((name) => [name, './home/p/good.mjs']))))
    const { problems } = JSON.parse((await coffer(['plugins', '--json', '-c', 'all.yaml'])).stdout) as { problems: { name: string; message: string }[] }
    expect(problems.filter(({ message }) => message.includes('is taken')).map(({ name }) => name)).toEqual(commands)
  })

  test('a list in another form is told of where it is needed, and only there', async () => {
    write('list.yaml', `DEFAULT:\n  plugins:\n    - ./home/p/good.mjs\npapers:\n  type: store\n  location: ${at('papers.pcof')}\n  coffer_key: ${cofferKey.toString('base64')}\n`)
    expect(await out(['ls', '--coffer', 'papers', '-c', 'list.yaml'])).toContain('a.txt')
    const { code, stderr } = await coffer(['plugins', '-c', 'list.yaml'])
    expect(code).toBe(5)
    expect(stderr).toContain('plugins is not a list of NAME: MODULE')
  })
})

describe('packages', () => {
  const place = createPlace()
  const { at, write, out } = place

  test('are found from the folder of the configuration, as import finds them', async () => {
    mkdirSync(at('home/node_modules/@some/coffer-list'), { recursive: true })
    write('home/node_modules/@some/coffer-list/package.json', JSON.stringify({ name: '@some/coffer-list', type: 'module', exports: { '.': { import: './lib/index.js' }, './more': './lib/more.js' } }))
    write('home/node_modules/@some/coffer-list/lib/index.js', listModule('list'))
    write('home/node_modules/@some/coffer-list/lib/more.js', listModule('more'))
    write('home/node_modules/old-list/package.json', JSON.stringify({ name: 'old-list', main: 'index.js' }))
    writeFileSync(at('home/node_modules/old-list/index.js'), `exports.oldPlugin = { name: 'old', kind: 'other', description: 'In CommonJS', create: () => 1 }`)
    write('home/.pycofferrc', configOf({ list: "'@some/coffer-list'", more: "'@some/coffer-list/more'", old: 'old-list' }))
    const { plugins, problems } = JSON.parse(await out(['plugins', '--json'])) as { plugins: { name: string; from: string }[]; problems: unknown[] }
    expect(problems).toEqual([])
    expect(plugins.slice(-3).map(({ name, from }) => [name, from])).toEqual([['list', '@some/coffer-list'], ['more', '@some/coffer-list/more'], ['old', 'old-list']])
    expect((await place.coffer(['old', 'x'])).stderr).toContain('has no commands; it is for programs')
  })
})

test('an INI configuration names plugins in lines, which stay when it becomes YAML', async () => {
  const place = createPlace()
  const { at, write, out } = place
  write('home/p/list.mjs', listModule('list'))
  write('home/p/fixed.mjs', authModule('fixed', `{ cofferKey: Buffer.alloc(32, 9) }`))
  write('home/.pycofferrc', `[DEFAULT]\nplugins =\n  list: ./p/list.mjs\n  fixed: ./p/fixed.mjs\nlist.colour = blue\n[papers]\ntype = store\nlocation = ${at('papers.pcof')}\nauth = fixed\nlegacy = read\nlist.size = 3\n`)
  const show = async (): Promise<unknown> => JSON.parse(await out(['list', 'show', 'papers', '--json', '-q']))
  await out(['list', 'add', '--coffer', 'papers', 'one', '-q'])
  expect(await show()).toEqual({ text: 'one\n', settings: { colour: 'blue', size: '3' } })
  await out(['config', 'convert', '--force'])
  expect(place.read('home/.pycofferrc')).toBe(
    `DEFAULT:\n  plugins:\n    list: ./p/list.mjs\n    fixed: ./p/fixed.mjs\n  list.colour: blue\npapers:\n  name: papers\n  type: store\n  location: ${at('papers.pcof')}\n  auth: fixed\n  legacy: read\n  list.size: "3"\n`,
  )
  expect(await show()).toEqual({ text: 'one\n', settings: { colour: 'blue', size: '3' } })
})

test('no secret that a plugin has, gives or throws is in what the command writes', async () => {
  const place = createPlace()
  const { at, write, out, coffer } = place
  const key = Buffer.from('0123456789abcdef0123456789abcdef')
  const secrets = ['hunter2-hunter2', 'the content of a member', key.toString('latin1'), key.toString('base64').slice(0, -3), key.toString('base64url').slice(0, -3), key.toString('hex')]
  const bytes = `Buffer.from('${key.toString('hex')}', 'hex')`
  const auth = (name: string, body: string): string => `export const ${name} = { name: '${name}', kind: 'auth', description: '', authenticate: async () => { ${body} } }\n`
  const modules = [
    auth('giving', `return { cofferKey: ${bytes} }`),
    auth('throwing', `throw new Error(${bytes}.toString('base64'), { cause: { key: ${bytes} } })`),
    auth('rejecting', `throw ${bytes}.toString('hex')`),
    auth('named', `throw Object.assign(new Error('x'), { name: ${bytes}.toString('hex') + '!' })`),
    auth('wrong', `return { cofferKey: ${bytes}.toString('hex') }`),
    auth('unlocking', `return { secret: { password: 'hunter2-hunter2' } }`),
    `export const parsing = { name: 'parsing', kind: 'coffer', description: '', create: ({ coffer }) => coffer, commands: [{ name: 'it', summary: '', run: async ({ plugin }) => JSON.parse(await plugin.readText('input')) }] }`,
  ]
  write('plugin.mjs', modules.join(''))
  const names = ['giving', 'throwing', 'rejecting', 'named', 'wrong', 'unlocking', 'parsing']
  write('home/.pycofferrc', configOf(Object.fromEntries(names.map((name) => [name, '../plugin.mjs'])), `papers:\n  type: store\n  location: ${at('papers.pcof')}\n  auth: giving\n`))
  write('input', 'the content of a member')
  await out(['add', '--coffer', 'papers', 'input'])
  await out(['keys', 'add', '--coffer', 'papers', '--new-from', 'stdin'], { stdin: 'another password\n' })
  const commands: readonly (readonly [args: readonly string[], code: number])[] = [
    [['plugins', '--json'], 0],
    [['ls', 'papers', '--json'], 0],
    [['info', 'papers', '--json'], 0],
    [['parsing', 'it', 'papers', '--json'], 32],
    ...(['throwing', 'rejecting', 'named', 'wrong'] as const).map((name) => [['ls', 'papers.pcof', '--type', 'store', '--auth', name], 32] as const),
    [['ls', 'papers.pcof', '--type', 'store', '--auth', 'unlocking'], 10],
  ]
  for (const [args, code] of commands) {
    const result = await coffer(args)
    expect(result.code, `${args.join(' ')}\n${result.stderr}`).toBe(code)
    expect(secrets.filter((secret) => `${result.stdout}${result.stderr}`.includes(secret)), args.join(' ')).toEqual([])
  }
  // The look would find them.
  expect(await out(['cat', '--coffer', 'papers', 'input'])).toContain(secrets[1])
})
