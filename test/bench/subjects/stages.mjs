// The stages of a block one by one, on the calling thread, warm: as they are on Node, and where Node has better, as browsers have them.
// Task: { install, text, image, work, seconds }: paths of documents, and how long to repeat each stage.

import { randomBytes } from 'node:crypto'
import { closeSync, fsyncSync, ftruncateSync, openSync, readFileSync, readSync, rmSync, writeSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { printResult, readTask } from './task.mjs'

const task = readTask()
const require = createRequire(join(task.install, 'node_modules', '@coffer', 'node', 'package.json'))
const load = (name) => import(pathToFileURL(require.resolve(name)).href)
const { cipherKind, createAesOcb, loadZstd } = await load('@coffer/core/internal')
const platform = (await load('@coffer/worker/internal')).nodePlatform({})

const BLOCK = 524_288
const CHUNK = 65_536
const FILE_BLOCKS = 256
const rates = {}

const text = cut(readFileSync(task.text), BLOCK)
const image = cut(readFileSync(task.image), BLOCK)
const zstd = await loadZstd(platform.zstd)
for (const level of [1, 3, 12]) await measure(`zstd, level ${level}, text`, text, (block) => zstd.compressFrame(block, level))
await measure('zstd, level 3, picture', image, (block) => zstd.compressFrame(block, 3))
const frames = await Promise.all(text.map((block) => zstd.compressFrame(block, 3)))
await measure('zstd, decompress, text', text, (block, index) => zstd.decompress(frames[index], block.length))

const keyOf = (bytes) => new Uint8Array(randomBytes(bytes))
const chunks = cut(readFileSync(task.image), CHUNK)
const ciphers = [
  { name: 'secretbox', keyBytes: 32 },
  { name: 'fernet', keyBytes: 32, create: async (key) => platform.fernet(key) },
  { name: 'fernet', where: ', in browsers', keyBytes: 32 },
  { name: 'aes-ocb', keyBytes: 16, create: async (key) => createAesOcb(platform.aesOcb(key)) },
  { name: 'aes-ocb', where: ', in browsers', keyBytes: 16 },
]
for (const { name, where = '', keyBytes, create = cipherKind(name).create } of ciphers) {
  const cipher = await create(keyOf(keyBytes))
  const seal = async (chunk) => {
    const body = new Uint8Array(cipher.bodyBytes(chunk.length))
    await cipher.seal(chunk, body)
    return body
  }
  const sealed = await Promise.all(chunks.map(seal))
  await measure(`${name}, seal${where}`, chunks, seal)
  await measure(`${name}, open${where}`, chunks, (_, index) => cipher.open(sealed[index]))
}

// More than the processor's caches hold, and pages that are new each time.
const blocks = Array.from({ length: FILE_BLOCKS }, (_, index) => image[index % image.length])
const path = join(task.work, 'stage')
const file = openSync(path, 'w+')
const writeBlock = (block, index) => {
  if (index === 0) ftruncateSync(file, 0)
  writeSync(file, block, 0, block.length, index * BLOCK)
}
await measure('write', blocks, writeBlock)
const buffer = Buffer.alloc(BLOCK)
await measure('read from the page cache', blocks, (block, index) => readSync(file, buffer, 0, block.length, index * BLOCK))
await measure('write, then sync', blocks, (block, index) => {
  writeBlock(block, index)
  if (index === FILE_BLOCKS - 1) fsyncSync(file)
})
closeSync(file)
rmSync(path)
printResult(rates)

function cut(bytes, size) {
  const pieces = []
  for (let at = 0; at + size <= bytes.length; at += size) pieces.push(new Uint8Array(bytes.subarray(at, at + size)))
  return pieces
}

/** Bytes of plaintext a second, once the engine has compiled it well. */
async function measure(name, pieces, work) {
  for (const [index, piece] of pieces.entries()) await work(piece, index)
  globalThis.gc?.()
  let bytes = 0
  const start = performance.now()
  do {
    for (const [index, piece] of pieces.entries()) {
      await work(piece, index)
      bytes += piece.length
    }
  } while (performance.now() - start < task.seconds * 1000)
  rates[name] = bytes / ((performance.now() - start) / 1000)
}
