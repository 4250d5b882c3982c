import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, expect, test } from 'vitest'
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

test('it is not changed there, and what is said does not tell the rest of the address', async () => {
  for (const args of [['add', ...vault, 'tree'], ['compact', ...vault], ['convert', ...vault], ['salvage', ...vault, 'out2'], ['keys', 'ls', vault[0] ?? '']]) {
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
  const { code, stderr } = await coffer(['ls', 'https://ann:swordfish@example.org/a', '--keys', 'vault.keys'])
  expect(code).toBe(2)
  expect(stderr).toContain('password')
  expect(stderr).not.toContain('swordfish')
})
