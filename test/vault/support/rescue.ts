import { createHash } from 'node:crypto'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { createKeyring, generateKeys, type CofferKeys, type Passwords, type VariantName } from '@coffer/core'
import { openCoffer, type NodeCoffer } from '@coffer/node'
import type { BrowserContext, Page } from '@playwright/test'
import { fillRescuePage } from '../../../examples/vault/src/model/rescue-kit.js'
import { PASSWORD, watchConsole } from './vault.js'

/** What somebody keeps of a vault: the coffer, its keyring and the rescue page, in a folder. */
export interface Kept {
  readonly folder: string
  readonly coffer: string
  readonly keyring: string
  readonly page: string
  readonly keys: CofferKeys
  readonly recoveryCode: string
}

/** Light for tests: what is derived is as long. */
const MEMORY_BYTES = 19 * 1_048_576

/** Calls `use` with a folder that is gone afterwards. */
export async function withFolder(use: (folder: string) => Promise<void>): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'coffer-kept-'))
  try {
    await use(folder)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

/** The rescue page of the build, with no keyring in it. */
export async function emptyRescuePage(): Promise<string> {
  return readFile(join(process.env['COFFER_VAULT_DIST'] ?? '', 'rescue.html'), 'utf8')
}

/** Makes a coffer by Node, with what the vault would export beside it. */
export async function keep(folder: string, variant: VariantName, fill: (coffer: NodeCoffer) => Promise<void>, name = 'Papers'): Promise<Kept> {
  const keys = await generateKeys(variant)
  const path = join(folder, `${name}.pcof`)
  const coffer = await openCoffer(path, { mode: 'x', variant, keys, autoFlush: false })
  await fill(coffer)
  await coffer.close()
  const { keyring, recoveryCode } = await createKeyring(keys, { password: PASSWORD, recoveryCode: true, memoryBytes: MEMORY_BYTES, passes: 2 })
  const page = join(folder, `${name}-rescue.html`)
  await writeFile(`${path}.keyring`, keyring.document)
  await writeFile(page, fillRescuePage(await emptyRescuePage(), { name, file: `${name}.pcof`, keyring: keyring.document, exported: new Date(0).toISOString() }))
  return { folder, coffer: path, keyring: `${path}.keyring`, page, keys, recoveryCode: recoveryCode ?? '' }
}

/** Files of several kinds, a note, what was deleted, and a login. */
export async function fillWithEverything(coffer: NodeCoffer): Promise<void> {
  await coffer.write('letters/to ada.txt', 'Dear Ada, this is only for you.')
  await coffer.write('photos/dot.svg', '<svg xmlns="http://www.w3.org/2000/svg" width="90" height="90"><circle r="40" cx="45" cy="45" fill="teal"/></svg>')
  await coffer.write('data/random.bin', randomOf(1_300_000))
  await coffer.write('Notes/Shopping.txt', 'bread and milk')
  await coffer.write('.trash/2026-11-21T09-00-00.000Z/1/old.txt', 'thrown away')
  const passwords = await coffer.plugin<Passwords>('password')
  await passwords.add({ name: 'Library', username: 'ada', password: 'lovelace-1815', note: 'two books', totp: 'JBSWY3DPEHPK3PXP' })
}

/** Bytes that are always the same, and that nothing shrinks. */
export function randomOf(length: number, seed = 'coffer'): Buffer {
  const pieces: Buffer[] = []
  for (let at = 0; at < length; at += 32) pieces.push(createHash('sha256').update(`${seed}${at}`).digest())
  return Buffer.concat(pieces).subarray(0, length)
}

/** What a rescue page did that it must not: asked a network, or complained. */
export interface Watched {
  readonly complaints: readonly string[]
  readonly requests: readonly string[]
}

/** Opens a rescue page from the disk, with the network cut. */
export async function openRescue(context: BrowserContext, path: string): Promise<{ page: Page; watched: Watched }> {
  await context.setOffline(true)
  const page = await context.newPage()
  const requests: string[] = []
  page.on('request', (request) => {
    if (!/^(?:file|blob|data):/.test(request.url())) requests.push(request.url())
  })
  const watched = { complaints: watchConsole(page), requests }
  await page.goto(pathToFileURL(path).href)
  return { page, watched }
}

/** Chooses the coffer and opens it with a secret, as its owner would. */
export async function unlockRescue(page: Page, coffer: string, secret: string): Promise<void> {
  await page.getByLabel(/^Choose .*pcof|^Choose the vault’s file/).setInputFiles(coffer)
  await page.getByLabel('Password or recovery code').fill(secret)
  await page.getByRole('button', { name: 'Open', exact: true }).click()
}
