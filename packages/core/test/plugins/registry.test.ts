import { describe, expect, test } from 'vitest'
import { isCofferError } from '../../src/errors.js'
import type { AuthPlugin, CofferPlugin, FilePlugin, LazyPlugin, OtherPlugin } from '../../src/plugins/plugin.js'
import { listPlugins, loadAuthPlugin } from '../../src/plugins/registry.js'
import type { Passwords } from '../../src/plugins/passwords.js'
import { codeOf, makePlace } from './support.js'

const count: CofferPlugin<() => Promise<number>> = {
  name: 'count',
  kind: 'coffer',
  description: 'Count the members',
  create: ({ coffer }) => async () => {
    let members = 0
    for await (const _ of coffer.members()) members += 1
    return members
  },
}

interface Notes {
  add(text: string): Promise<void>
  all(): Promise<string>
}
const notes: FilePlugin<Notes> = {
  name: 'notes',
  kind: 'file',
  description: 'Keep notes',
  file: '.plugins/notes',
  reads: ['.plugins/old-notes'],
  create: ({ file }) => ({
    add: (text) => file.update((bytes) => new TextEncoder().encode(`${new TextDecoder().decode(bytes)}${text}\n`)),
    all: async () => new TextDecoder().decode((await file.read()) ?? (await file.readOther('.plugins/old-notes'))),
  }),
}

const seal: OtherPlugin<boolean> = { name: 'seal', kind: 'other', description: 'Whether loose data is sealed', create: ({ loose }) => loose.isSealed }

const auth: AuthPlugin = {
  name: 'fixed',
  kind: 'auth',
  description: 'Keys that are always the same',
  authenticate: async ({ source = '' }) => ({ cofferKey: new Uint8Array(32).fill(source.length) }),
}

describe('plugins of a third party', () => {
  test('get what their kind gets, and work', async () => {
    const place = await makePlace([count, notes, seal])
    const coffer = await place.open()
    const { add, all } = await coffer.plugin<Notes>('notes')
    await Promise.all([add('one'), add('two')])
    expect(await all()).toBe('one\ntwo\n')
    expect(await (await coffer.plugin<() => Promise<number>>('count'))()).toBe(1)
    expect(await coffer.plugin<boolean>('seal')).toBe(true)
    await coffer.close()
    const again = await (await place.open('r')).plugin<Notes>('notes')
    expect(await again.all()).toBe('one\ntwo\n')
  })

  test('of the kind file reach no other member', async () => {
    let reached: unknown
    const nosy: FilePlugin = { ...notes, name: 'nosy', create: ({ file }) => file.readOther('secret').catch((error: unknown) => (reached = error)) }
    const outside: FilePlugin = { ...notes, name: 'outside', file: 'secret' }
    const coffer = await (await makePlace([nosy, outside])).open()
    await coffer.write('secret', 'x')
    await coffer.plugin('nosy')
    expect(isCofferError(reached, 'ERR_COFFER_PLUGIN')).toBe(true)
    expect(await codeOf(coffer.plugin('outside'))).toBe('ERR_COFFER_PLUGIN')
    await coffer.close()
  })

  test('of the kind file leave their member alone when a change fails or changes nothing, and go on', async () => {
    const changes: FilePlugin<(change: () => Uint8Array | undefined) => Promise<void>> = { name: 'changes', kind: 'file', description: '', file: '.plugins/c', create: ({ file }) => (change) => file.update(change) }
    const coffer = await (await makePlace([changes])).open()
    const update = await coffer.plugin<(change: () => Uint8Array | undefined) => Promise<void>>('changes')
    const failing = update(() => {
      throw new RangeError('no')
    })
    const next = update(() => Uint8Array.of(1))
    await expect(failing).rejects.toThrow(RangeError)
    await next
    await update(() => undefined)
    expect(await coffer.read('.plugins/c')).toEqual(Uint8Array.of(1))
    await coffer.close()
  })

  test('are loaded when they are first asked for, once', async () => {
    let loads = 0
    const lazy: LazyPlugin = { name: 'count', kind: 'coffer', description: 'Count', load: async () => ((loads += 1), count) }
    const coffer = await (await makePlace([lazy])).open()
    expect(coffer.plugins.map(({ name }) => name)).toContain('count')
    expect(loads).toBe(0)
    const [one, other] = await Promise.all([coffer.plugin('count'), coffer.plugin('count')])
    expect(one).toBe(other)
    expect(loads).toBe(1)
    await coffer.close()
  })

  test('that are not what they say, or fail to load, are refused, and may be asked for again', async () => {
    const wrong: LazyPlugin = { name: 'wrong', kind: 'other', description: '', load: async () => count }
    let isBroken = true
    const broken: LazyPlugin = { name: 'count', kind: 'coffer', description: '', load: async () => (isBroken ? Promise.reject(new Error('offline')) : count) }
    const coffer = await (await makePlace([wrong, broken])).open()
    expect(await codeOf(coffer.plugin('wrong'))).toBe('ERR_COFFER_PLUGIN')
    await expect(coffer.plugin('count')).rejects.toThrow('offline')
    isBroken = false
    expect(await coffer.plugin('count')).toBeTypeOf('function')
    await coffer.close()
  })

  test('take the place of a built-in one of their name', async () => {
    const own: CofferPlugin<string> = { name: 'password', kind: 'coffer', description: 'mine', create: () => 'mine' }
    const coffer = await (await makePlace([own])).open()
    expect(await coffer.plugin('password')).toBe('mine')
    expect(coffer.plugins.filter(({ name }) => name === 'password')).toEqual([{ name: 'password', kind: 'coffer', description: 'mine' }])
    await coffer.close()
  })
})

describe('auth plugins', () => {
  test('give keys, without a coffer', async () => {
    const plugin = await loadAuthPlugin('fixed', [auth])
    expect(await plugin.authenticate({ coffer: 'x', source: 'abc' })).toEqual({ cofferKey: new Uint8Array(32).fill(3) })
    const lazy: LazyPlugin = { name: 'later', kind: 'auth', description: '', load: async () => ({ ...auth, name: 'later' }) }
    expect((await loadAuthPlugin('later', [lazy])).name).toBe('later')
  })

  test('are not plugins of a coffer, nor the reverse', async () => {
    const coffer = await (await makePlace([auth])).open()
    expect(await codeOf(coffer.plugin('fixed'))).toBe('ERR_COFFER_PLUGIN')
    expect(await codeOf(loadAuthPlugin('crypt'))).toBe('ERR_COFFER_PLUGIN')
    expect(await codeOf(loadAuthPlugin('none'))).toBe('ERR_COFFER_PLUGIN')
    await coffer.close()
  })
})

test('the built-in ones are listed, and what they are said to be is what they are', async () => {
  const coffer = await (await makePlace()).open()
  expect(listPlugins()).toEqual(coffer.plugins)
  expect(coffer.plugins.map(({ name, kind }) => [name, kind])).toEqual([['crypt', 'other'], ['password', 'file']])
  for (const { name, description } of coffer.plugins) {
    const { [`${name}Plugin`]: plugin } = (await import(`../../src/plugins/${name}.ts`)) as Record<string, { description: string }>
    expect(plugin?.description).toBe(description)
    await coffer.plugin(name)
  }
  expect(await (await coffer.plugin<Passwords>('password')).list()).toEqual([])
  expect(await codeOf(coffer.plugin('constructor'))).toBe('ERR_COFFER_PLUGIN')
  await coffer.close()
})
