import { randomBytes } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { access, open, realpath, rename, rm, stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { Crypt } from '@coffer/core'
import { storageError, withStorageErrors } from '@coffer/core/internal'
import type { App } from '../app.js'
import { CommandError, usageError, withHint } from '../command-error.js'
import { withCoffer } from '../target/open.js'
import type { CofferOptions } from '../target/options.js'
import { stdinPieces } from '../terminal/stdin.js'

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
    const total = source === '-' ? undefined : await sizeOf(source)
    const file = target === '-' ? undefined : await freeTarget(target, coffer.path, options.force === true)
    const crypt = await coffer.plugin<Crypt>('crypt')
    const output = crypt[coding](source === '-' ? piecesOf(stdinPieces(), 'stdin') : piecesOf(createReadStream(source), source), { signal, onProgress: ({ phase, done }) => bar.onProgress({ phase, done, total }) })
    await withHint('ERR_COFFER_DAMAGED', `only a whole copy of ${source === '-' ? 'it' : source} can be decrypted.`, async () => {
      if (file === undefined) for await (const piece of output) await app.out.bytes(piece)
      else await writeTarget(file, target, output)
    })
  })
  bar.end()
}

async function sizeOf(source: string): Promise<number> {
  const stats = await withStorageErrors(`read ${source}`, () => stat(source))
  if (stats.isDirectory()) throw usageError(`${source} is a directory: name a file.`)
  return stats.size
}

async function* piecesOf(input: AsyncIterable<Uint8Array>, source: string): AsyncGenerator<Uint8Array> {
  try {
    yield* input
  } catch (error) {
    throw storageError(error, `read ${source}`)
  }
}

/** The file to be written, where a link leads to. Before anything is read: what may not be replaced, or cannot be, is refused. */
async function freeTarget(target: string, coffer: string, isForced: boolean): Promise<string> {
  await withStorageErrors(`write ${target}`, () => access(dirname(target)))
  const there = await stat(target, { bigint: true }).catch(() => undefined)
  if (there?.isDirectory()) throw usageError(`${target} is a directory: name a file.`)
  if (there && !there.isFile()) throw usageError(`${target} is no file that could be replaced: name another, or - to write to stdout.`)
  const { ino, dev } = await stat(coffer, { bigint: true })
  if (there?.ino === ino && there.dev === dev) throw new CommandError('declined', `${target} is the coffer itself, which is left as it is.`)
  if (there && !isForced) throw new CommandError('declined', `There is a ${target} already: say --force to replace it.`)
  return there ? realpath(target) : target
}

/** Writes a file, which stands under its name only when it is complete. */
async function writeTarget(file: string, target: string, pieces: AsyncIterable<Uint8Array>): Promise<void> {
  const ofTarget = <T>(action: () => Promise<T>): Promise<T> => withStorageErrors(`write ${target}`, action)
  const temporary = join(dirname(file), `.coffer-${randomBytes(6).toString('hex')}.tmp`)
  const handle = await ofTarget(() => open(temporary, 'wx', 0o600))
  try {
    for await (const piece of pieces) await ofTarget(() => handle.writeFile(piece))
    await ofTarget(async () => {
      await handle.sync()
      await handle.close()
      await rename(temporary, file)
    })
  } catch (error) {
    await handle.close().catch(() => undefined)
    await rm(temporary, { force: true })
    throw error
  }
}
