import { randomBytes } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { lstat, open, rename, rm, stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { Readable } from 'node:stream'
import type { Crypt } from '@coffer/core'
import type { App } from '../app.js'
import { CommandError, usageError, withHint } from '../command-error.js'
import { withCoffer } from '../target/open.js'
import type { CofferOptions } from '../target/options.js'

interface CryptOptions extends CofferOptions {
  readonly source?: string
  readonly target?: string
  readonly force?: boolean
}

type Coding = 'encryptStream' | 'decryptStream'

/** `coffer crypt` */
export async function runCrypt(app: App, args: readonly string[], options: CryptOptions): Promise<void> {
  await code(app, args, options, 'encryptStream')
}

/** `coffer decrypt` */
export async function runDecrypt(app: App, args: readonly string[], options: CryptOptions): Promise<void> {
  await code(app, args, options, 'decryptStream')
}

async function code(app: App, args: readonly string[], options: CryptOptions, coding: Coding): Promise<void> {
  const { signal } = app
  const bar = app.bar(coding === 'encryptStream' ? 'Encrypting' : 'Decrypting')
  await withCoffer(app, options, args, { mode: 'r' }, async (coffer, rest) => {
    const left = [...rest]
    const source = options.source ?? left.shift()
    const target = options.target ?? left.shift()
    if (source === undefined || target === undefined || left.length > 0) throw usageError('A source and a target, each a file or -.')
    const total = source === '-' ? undefined : (await stat(source)).size
    const crypt = await coffer.plugin<Crypt>('crypt')
    const input = source === '-' ? process.stdin : createReadStream(source)
    const data = Readable.toWeb(input) as ReadableStream<Uint8Array>
    const output = crypt[coding](data, { signal, onProgress: ({ phase, done }) => bar.onProgress({ phase, done, total }) })
    await withHint('ERR_COFFER_DAMAGED', `only a whole copy of ${source === '-' ? 'it' : source} can be decrypted.`, async () => {
      if (target === '-') for await (const piece of output) await app.out.bytes(piece)
      else await writeTarget(target, output, options.force === true)
    })
  })
  bar.end()
}

/** Writes a file, which stands under its name only when it is complete. */
async function writeTarget(target: string, pieces: AsyncIterable<Uint8Array>, isForced: boolean): Promise<void> {
  if (!isForced && (await lstat(target).then(() => true, () => false))) {
    throw new CommandError('declined', `There is a ${target} already: say --force to replace it.`)
  }
  const temporary = join(dirname(target), `.coffer-${randomBytes(6).toString('hex')}.tmp`)
  const handle = await open(temporary, 'wx', 0o600)
  try {
    for await (const piece of pieces) await handle.writeFile(piece)
    await handle.sync()
    await handle.close()
    await rename(temporary, target)
  } catch (error) {
    await handle.close()
    await rm(temporary, { force: true })
    throw error
  }
}
