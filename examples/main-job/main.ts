// A folder goes into a bank coffer, is listed, read in part, and comes out again; every digest is compared.
// Usage: tsx main.ts [FOLDER]

import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { lstat, mkdtemp, readdir, readlink, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { generateKeys, openCoffer, type NodeCoffer } from '@coffer/node'
import { formatBytes, progressBar, rateOf } from './terminal.ts'

const NAME = 'backup'
const SHOWN_MEMBERS = 8

interface Timed<T> {
  readonly value: T
  readonly seconds: number
}

async function main(folder: string): Promise<boolean> {
  if (!(await stat(folder)).isDirectory()) throw new Error(`${folder} is not a folder`)
  const work = await mkdtemp(join(tmpdir(), 'coffer-start-'))
  try {
    return await run(folder, work)
  } finally {
    await rm(work, { recursive: true, force: true })
  }
}

async function run(folder: string, work: string): Promise<boolean> {
  const path = join(work, 'vault.pcof')
  const keys = await generateKeys('bank')
  console.log(`A bank coffer out of ${folder}\n`)

  const coffer = await openCoffer(path, { mode: 'x', variant: 'bank', keys })
  const skipped: string[] = []
  const adding = progressBar('add')
  const added = await timed(() =>
    coffer.add(folder, NAME, { onProgress: adding.update, onSkip: (source, reason) => skipped.push(`${source}: ${reason}`) }),
  )
  adding.end()
  await coffer.close()
  for (const line of skipped) console.log(`left out ${line}`)

  const opened = await timed(() => openCoffer(path, { keys }))
  const vault = opened.value
  const { files, directories, symlinks, bytes } = added.value
  console.log(`\n${files} files, ${directories} directories and ${symlinks} links, of which the first:`)
  const largest = await list(vault)
  const range = await timed(() => readMiddle(vault, largest))

  const target = join(work, 'out')
  const extracting = progressBar('extract')
  const extracted = await timed(() => vault.extractAll(target, { onProgress: extracting.update, links: 'all' }))
  extracting.end()
  await vault.close()
  for (const { name, message } of extracted.value.problems) console.log(`not extracted: ${name}: ${message}`)

  const checked = await timed(() => compareTrees(folder, join(target, NAME)))
  const size = (await stat(path)).size
  console.log()
  row('plaintext', formatBytes(bytes), '')
  row('coffer', formatBytes(size), `${((size / Math.max(1, bytes)) * 100).toFixed(1)} % of it`)
  row('add', seconds(added), rateOf(bytes, added.seconds))
  row('open', seconds(opened), '')
  row('64 KiB of a file', seconds(range), range.value)
  row('extract', seconds(extracted), rateOf(bytes, extracted.seconds))
  row('compare digests', seconds(checked), `${checked.value.same} files the same, ${checked.value.different.length} different`)
  for (const name of checked.value.different) console.log(`DIFFERENT: ${name}`)
  return checked.value.different.length === 0 && extracted.value.problems.length === 0
}

/** Shows the first members; gives the name of the largest file. */
async function list(coffer: NodeCoffer): Promise<string> {
  let shown = 0
  let largest = { name: '', size: -1 }
  for await (const { name, type, size, mtime } of coffer.members()) {
    if (shown++ < SHOWN_MEMBERS) console.log(`  ${mtime.toISOString().slice(0, 16)}  ${formatBytes(size).padStart(10)}  ${name}${type === 'directory' ? '/' : ''}`)
    if (type === 'file' && size > largest.size) largest = { name, size }
  }
  console.log()
  return largest.name
}

async function readMiddle(coffer: NodeCoffer, name: string): Promise<string> {
  if (name === '') return 'no file to read'
  const size = (await coffer.stat(name))?.size ?? 0
  const start = Math.floor(size / 2)
  const bytes = await coffer.read(name, { start, end: start + 65_536 })
  return `${bytes.length} bytes from the middle of ${formatBytes(size)}`
}

/** Compares two trees by the SHA-256 of their files, the targets of their links and their names. */
async function compareTrees(source: string, copy: string): Promise<{ same: number; different: string[] }> {
  const different: string[] = []
  let same = 0
  const compare = async (name: string): Promise<void> => {
    const [a, b] = [join(source, name), join(copy, name)]
    const stats = await lstat(a)
    if (stats.isDirectory()) {
      for (const child of await readdir(a)) await compare(join(name, child))
    } else if (stats.isFile() || stats.isSymbolicLink()) {
      const digest = stats.isFile() ? digestOf : readlink
      if ((await digest(a)) === (await digest(b).catch(() => undefined))) same += 1
      else different.push(name)
    }
  }
  await compare('')
  return { same, different }
}

async function digestOf(path: string): Promise<string> {
  const hash = createHash('sha256')
  for await (const piece of createReadStream(path)) hash.update(piece as Buffer)
  return hash.digest('hex')
}

async function timed<T>(action: () => Promise<T>): Promise<Timed<T>> {
  const start = performance.now()
  const value = await action()
  return { value, seconds: (performance.now() - start) / 1000 }
}

function seconds({ seconds }: Timed<unknown>): string {
  return seconds < 0.1 ? `${(seconds * 1000).toFixed(1)} ms` : `${seconds.toFixed(2)} s`
}

function row(what: string, value: string, more: string): void {
  console.log(`${what.padEnd(18)} ${value.padStart(12)}   ${more}`.trimEnd())
}

const isSame = await main(resolve(process.argv[2] ?? '.'))
console.log(isSame ? '\nEverything came out as it went in.' : '\nSOMETHING CAME OUT DIFFERENT.')
process.exitCode = isSame ? 0 : 1
