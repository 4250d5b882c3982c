import { spawn } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Password, Passwords } from '@coffer/core'
import { pythonFor, type PycofferVersion } from '../../scripts/setup.mjs'
import { pycofferVersions, type PycofferKind } from './pycoffer.js'
import { keysFor, openOurs, type Shared } from './support/ours.js'

// The bank of PyCoffer's documentation has no class of its own, and the plugin does not care.
const kinds: readonly Exclude<PycofferKind, 'bank-fernet'>[] = ['store', 'market', 'null', 'bank-aes']

interface PycofferLogin {
  readonly name?: string
  readonly username?: string
  readonly password?: string
  readonly url?: string
  readonly note?: string
  readonly owner?: string
}
interface PycofferCommand {
  readonly mode: 'w' | 'a' | 'r'
  readonly add?: readonly PycofferLogin[]
  readonly delete?: readonly (readonly [owner: string | null, name: string])[]
  /** A file that Chrome exported. */
  readonly chrome?: string
}

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'coffer-passwords-'))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

/** Lets PyCoffer's own plugin work on a coffer; what it holds then, times in seconds. */
async function runPycoffer(
  version: PycofferVersion,
  { kind, path, keys }: Shared,
  command: PycofferCommand,
): Promise<(PycofferLogin & { readonly ctime: number; readonly mtime: number })[]> {
  const child = spawn(await pythonFor(version), [join(import.meta.dirname, 'python', 'passwords.py')])
  const base64 = (key: Uint8Array): string => Buffer.from(key).toString('base64')
  const { cofferKey, secureKey } = keys
  const named = { ...(cofferKey ? { coffer_key: base64(cofferKey) } : {}), ...(secureKey ? { secure_key: base64(secureKey) } : {}) }
  child.stdin.end(JSON.stringify({ ...command, kind, path, keys: named }))
  const [output, errors] = await Promise.all([text(child.stdout), text(child.stderr)])
  expect(errors).toBe('')
  return JSON.parse(output) as (PycofferLogin & { readonly ctime: number; readonly mtime: number })[]
}

/** What we read, as PyCoffer would say it. */
function asPycoffer({ urls, created, modified, ...login }: Password): object {
  return comparable({ ...login, url: urls[0], ctime: created.getTime(), mtime: modified.getTime() })
}

/** What both say, in one order. An empty field is a text to PyCoffer, and none to us. */
function comparable(login: object): object {
  const values = new Map<string, unknown>(Object.entries(login))
  return Object.fromEntries(['name', 'username', 'password', 'url', 'note', 'owner', 'ctime', 'mtime'].flatMap((name) => (values.get(name) ? [[name, values.get(name)]] : [])))
}

async function allOf(passwords: Passwords): Promise<Password[]> {
  return Promise.all((await passwords.list()).map(({ id }) => passwords.get({ id })))
}

const byKey = (a: object, b: object): number => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1)

const chrome = 'name,url,username,password,note\nmail,https://mail.example/,ann,"pa""ss,word",\n"x, y",https://x.example/,bob,"two\nlines",a note\n'

describe.each(pycofferVersions)('passwords of the real PyCoffer, %s', (version) => {
  test.each(kinds)(
    'are read from its %s coffer as it has them',
    async (kind) => {
      const shared: Shared = { kind, path: join(folder, `${kind}-${version}.pcof`), keys: await keysFor(kind) }
      const csv = join(folder, 'chrome.csv')
      await writeFile(csv, chrome)
      const add = [
        { name: 'mail', username: 'ann', password: 'sécret \u{1f600}', url: 'https://mail.example', note: 'a\nnote', owner: 'me' },
        { name: 'bare' },
        { name: 'gone', password: 'gone', owner: 'me' },
        { name: 'long', password: 'x'.repeat(100_000) },
      ]
      const there = await runPycoffer(version, shared, { mode: 'w', add, delete: [['me', 'gone']], chrome: csv })
      expect(there).toHaveLength(5)
      const milliseconds = (seconds: number): number => Math.floor(seconds * 1000 + 4e-4)
      const expected = there.map((login) => comparable({ ...login, ctime: milliseconds(login.ctime), mtime: milliseconds(login.mtime) }))

      const coffer = await openOurs(shared, { legacy: 'read' })
      const passwords = await coffer.plugin<Passwords>('password')
      const here = (await allOf(passwords)).map(asPycoffer)
      expect(here.toSorted(byKey)).toEqual(expected.toSorted(byKey))
      await coffer.close()
    },
    120_000,
  )

  test('come in again after it changed a coffer of ours, and its own stay as they were', async () => {
    const shared: Shared = { kind: 'store', path: join(folder, `ours-${version}.pcof`), keys: await keysFor('store') }
    const made = await openOurs(shared, { mode: 'x' })
    await (await made.plugin<Passwords>('password')).add({ name: 'ours', password: 'o' })
    await made.close()
    await runPycoffer(version, shared, { mode: 'a', add: [{ name: 'theirs', password: 't', owner: 'py' }] })

    const coffer = await openOurs(shared, { legacy: 'rewritten' })
    const passwords = await coffer.plugin<Passwords>('password')
    expect((await passwords.list()).map(({ name }) => name)).toEqual(['ours'])
    expect(await coffer.has('.plugins/passwd')).toBe(true)
    await coffer.close()
    expect(await runPycoffer(version, shared, { mode: 'r' })).toMatchObject([{ name: 'theirs', password: 't' }])
  })

  test('import the same of Chrome as ours does', async () => {
    const shared: Shared = { kind: 'null', path: join(folder, `chrome-${version}.pcof`), keys: {} }
    const csv = join(folder, 'chrome.csv')
    await writeFile(csv, chrome)
    const there = await runPycoffer(version, shared, { mode: 'w', chrome: csv })
    const path = join(folder, `chrome-ours-${version}.pcof`)
    const coffer = await openOurs({ ...shared, path }, { mode: 'x' })
    const passwords = await coffer.plugin<Passwords>('password')
    await passwords.importFrom(chrome)
    const timeless = (login: object): object => comparable({ ...login, ctime: undefined, mtime: undefined })
    const here = (await allOf(passwords)).map((login) => timeless(asPycoffer(login)))
    expect(here).toHaveLength(2)
    expect(here.toSorted(byKey)).toEqual(there.map(timeless).toSorted(byKey))
    await coffer.close()
  })
})
