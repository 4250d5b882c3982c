import { describe, expect, test } from 'vitest'
import { createKeyring } from '../../src/keyring/open-keyring.js'
import { authenticate } from '../../src/plugins/authenticate.js'
import { checkPlugin } from '../../src/plugins/check-plugin.js'
import type { AuthPlugin, AuthRequest } from '../../src/plugins/plugin.js'
import { codeOf } from './support.js'

const cofferKey = new Uint8Array(32).fill(7)

/** A plugin that gives what a test says, of whatever type. */
function giving(answer: unknown, see: (request: AuthRequest) => void = () => {}): AuthPlugin {
  return {
    name: 'giving',
    kind: 'auth',
    description: 'What a test says',
    authenticate: (request) => {
      see(request)
      return Promise.resolve(answer as { cofferKey: Uint8Array })
    },
  }
}

describe('what an auth plugin gives', () => {
  test('are keys, for what it was asked', async () => {
    const seen: AuthRequest[] = []
    const request = { coffer: 'papers', location: '/papers.pcof', source: 'x', settings: { folder: 'y' } }
    expect(await authenticate(giving({ cofferKey, variant: 'store' }, (asked) => seen.push(asked)), request)).toEqual({ cofferKey, variant: 'store' })
    expect(seen).toEqual([request])
    expect(await authenticate(giving({ variant: 'null' }), { coffer: 'x' })).toEqual({ variant: 'null' })
  })

  test('or a secret that opens the keyring', async () => {
    const { keyring, recoveryCode } = await createKeyring({ cofferKey }, { recoveryCode: true })
    const readKeyring = async (): Promise<string> => keyring.document
    const { keyring: opened, ...keys } = await authenticate(giving({ secret: { recoveryCode } }), { coffer: 'x', readKeyring })
    expect(keys).toEqual({ cofferKey })
    expect(opened?.slots.map(({ id }) => id)).toEqual(keyring.slots.map(({ id }) => id))
    const other = await createKeyring({ cofferKey }, { recoveryCode: true })
    expect(await codeOf(authenticate(giving({ secret: { recoveryCode: other.recoveryCode } }), { coffer: 'x', readKeyring }))).toBe('ERR_COFFER_AUTH')
  })

  test.each([
    ['nothing', undefined],
    ['no keys', {}],
    ['keys that are texts', { cofferKey: 'hidden' }],
    ['a variant that there is not', { cofferKey, variant: 'hidden' }],
    ['a secret without a keyring', { secret: { password: 'hidden' } }],
  ])('is refused, and not repeated: %s', async (_, answer) => {
    const error: unknown = await authenticate(giving(answer), { coffer: 'x' }).catch((thrown: unknown) => thrown)
    expect(error).toMatchObject({ name: 'CofferError', code: 'ERR_COFFER_PLUGIN' })
    expect(String(error)).not.toContain('hidden')
  })

  test.each([['no object', 'hidden'], ['an empty password', { password: '' }], ['a short output', { prf: new Uint8Array(31) }], ['nothing', undefined]])(
    'is refused as a secret: %s',
    async (_, secret) => {
      const readKeyring = async (): Promise<string> => '{}'
      expect(await codeOf(authenticate(giving({ secret }), { coffer: 'x', readKeyring }))).toBe('ERR_COFFER_PLUGIN')
    },
  )
})

describe('a plugin of somebody else’s', () => {
  const command = { name: 'do', summary: 'Do it', run: async () => {} }
  const good = { name: 'mine', kind: 'coffer', description: '', create: () => 1, commands: [command] }

  test('is taken as it is', () => {
    for (const plugin of [good, { ...good, kind: 'file', file: '.plugins/x' }, giving({}), { ...good, commands: [{ ...command, args: 'text', options: [{ flags: '--all', description: '' }] }] }]) {
      expect(checkPlugin(plugin, 'mine')).toBe(plugin)
    }
  })

  test.each<[string, unknown]>([
    ['no object', undefined],
    ['`name`', { ...good, name: '' }],
    ['`kind`', { ...good, kind: 'key' }],
    ['`description`', { ...good, description: undefined }],
    ['`create`', { ...good, create: {} }],
    ['`authenticate`', { ...giving({}), authenticate: undefined }],
    ['`file`', { ...good, kind: 'file' }],
    ['`reads`', { ...good, reads: 'x' }],
    ['`commands`', { ...good, commands: {} }],
    ['`commands`', { ...good, commands: [{ ...command, name: '--x' }] }],
    ['`commands`', { ...good, commands: [{ ...command, run: undefined }] }],
    ['`commands`', { ...good, commands: [{ ...command, args: '[a] [b]' }] }],
    ['`commands`', { ...good, commands: [{ ...command, options: ['--x'] }] }],
    ['`commands`', { ...giving({}), commands: [command] }],
    ['same name', { ...good, commands: [command, command] }],
  ])('is refused, saying what it lacks: %s', (what, plugin) => {
    expect(() => checkPlugin(plugin, 'mine')).toThrow(expect.objectContaining({ code: 'ERR_COFFER_PLUGIN', message: expect.stringContaining(what) as string }) as Error)
  })
})
