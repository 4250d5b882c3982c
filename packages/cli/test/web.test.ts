import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { startRangeServer, type RangeServer } from '../../../test/range-server.js'
import { createPlace } from './command.js'

const place = createPlace()
const { at, write, coffer, out } = place
const random: Buffer = createHash('shake256', { outputLength: 3_000_000 }).digest()
let server: RangeServer
let vault: string[]

beforeAll(async () => {
  server = await startRangeServer()
  vault = [`${server.origin}/vault.pcof?token=swordfish`, '--keys', 'vault.keys']
  await out(['generate', 'vault.pcof', '--keys', 'vault.keys', '--type', 'store'])
  write('tree/a.txt', 'first\n')
  write('tree/deep/b.bin', random)
  await out(['add', 'vault.pcof', '--keys', 'vault.keys', 'tree'])
  server.files.set('/vault.pcof', readFileSync(at('vault.pcof')))
})
afterAll(() => server.close())

test('a coffer on a web server is listed and read there, without all of it being fetched', async () => {
  server.requests.length = 0
  expect(await out(['ls', ...vault])).toBe('tree/\ntree/a.txt\ntree/deep/\ntree/deep/b.bin\n')
  expect(await out(['cat', ...vault, 'tree/a.txt'])).toBe('first\n')
  expect(server.requests.reduce((sum, { sent }) => sum + sent, 0)).toBeLessThan(600_000)
  await out(['extract', ...vault, 'tree', '-p', 'out', '-q'])
  expect(readFileSync(at('out/tree/deep/b.bin')).equals(random)).toBe(true)
  expect(await out(['check', ...vault])).toBeDefined()
  expect(JSON.parse(await out(['info', ...vault, '--json']))).toMatchObject({ path: `${server.origin}/vault.pcof`, type: 'store', members: { files: 2 } })
})

test('its place may be named in the configuration, and by --coffer; what the server asks for comes from where it is safe', async () => {
  const [address = ''] = vault
  expect(await out(['ls', '--coffer', ...vault])).toContain('tree/a.txt')
  const [, ...keys] = readFileSync(at('vault.keys'), 'utf8').trim().split('\n')
  write('conf', `far:\n  type: store\n  location: ${address}\n${keys.map((line) => `  ${line.trim()}\n`).join('')}`)
  expect(await out(['ls', '--coffer', 'far', '--conf', 'conf'])).toContain('tree/a.txt')
  expect(await out(['config', 'ls', '--conf', 'conf'])).toBe(`far\tstore\t${server.origin}/vault.pcof\n`)

  write('token', 'Bearer swordfish\n')
  server.answer = ({ headers }, response) => headers.authorization !== 'Bearer swordfish' && Boolean(response.writeHead(401).end())
  const refused = await coffer(['ls', ...vault])
  expect([refused.code, refused.stderr]).toEqual([expect.any(Number), expect.stringContaining('refuses it (401)')])
  expect(refused.stderr).not.toContain('--no-lock')
  expect(await out(['ls', ...vault, '--authorization', 'file:token'])).toContain('tree/a.txt')
  server.answer = undefined
})

test('Ctrl-C ends the waiting for a server that is silent', async () => {
  server.answer = () => true
  const child = place.start(['ls', ...vault])
  const ended = once(child, 'close')
  const before = server.requests.length
  await vi.waitUntil(() => server.requests.length > before, { timeout: 20_000 })
  const start = performance.now()
  child.kill('SIGINT')
  await ended
  expect(performance.now() - start).toBeLessThan(5000)
  server.answer = undefined
})

test('it is not changed there, and what is said does not tell the rest of the address', async () => {
  for (const args of [['add', '--coffer', ...vault, 'tree'], ['add', ...vault, 'tree'], ['compact', ...vault], ['convert', ...vault], ['salvage', ...vault, 'out2'], ['keys', 'ls', vault[0] ?? '']]) {
    const { code, stderr } = await coffer(args)
    expect([code, stderr]).toEqual([2, expect.stringContaining('can only be read there: download it')])
    expect(stderr).not.toContain('swordfish')
  }
  server.files.set('/other.pcof', new Uint8Array(0))
  for (const [name, told] of [['missing.pcof', 'There is no coffer at'], ['other.pcof', 'This is not a coffer']] as const) {
    const { code, stderr } = await coffer(['ls', `${server.origin}/${name}?token=swordfish`, '--keys', 'vault.keys'])
    expect(code).toBeGreaterThan(9)
    expect(stderr).toContain(told)
    expect(stderr).not.toContain('swordfish')
  }
  const keyring = await coffer(['ls', vault[0] ?? '', '--auth', 'keyring'])
  expect([keyring.code, keyring.stderr]).toEqual([2, expect.stringContaining('--auth keyring:PATH')])
  const { code, stderr } = await coffer(['ls', 'https://ann:swordfish@example.org/a', '--keys', 'vault.keys'])
  expect(code).toBe(2)
  expect(stderr).toContain('password')
  expect(stderr).not.toContain('swordfish')
})
