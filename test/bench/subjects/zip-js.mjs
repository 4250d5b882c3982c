// A tree into one zip file with AES-256, and back, with zip.js as its README does it.
// Task: { install, operation, path, source | target, password }

import { createReadStream, createWriteStream, mkdirSync, openAsBlob, readdirSync, statSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join, relative } from 'node:path'
import { Readable, Writable } from 'node:stream'
import { pathToFileURL } from 'node:url'
import { printResult, readTask, timeEach } from './task.mjs'

const { install, operation, path, source, target, password } = readTask()
const require = createRequire(join(install, 'package.json'))
const { BlobReader, ZipReader, ZipWriter } = await import(pathToFileURL(require.resolve('@zip.js/zip.js')).href)

const seconds = await timeEach(1, undefined, operation === 'write' ? write : extract)
printResult({ seconds, size: statSync(path).size })

async function write() {
  const writer = new ZipWriter(Writable.toWeb(createWriteStream(path)), { password, encryptionStrength: 3 })
  for (const entry of readdirSync(source, { withFileTypes: true, recursive: true })) {
    if (!entry.isFile()) continue
    const file = join(entry.parentPath, entry.name)
    await writer.add(relative(source, file), Readable.toWeb(createReadStream(file)))
  }
  await writer.close()
}

async function extract() {
  const reader = new ZipReader(new BlobReader(await openAsBlob(path)), { password })
  for (const entry of await reader.getEntries()) {
    const file = join(target, entry.filename)
    mkdirSync(dirname(file), { recursive: true })
    await entry.getData(Writable.toWeb(createWriteStream(file)))
  }
  await reader.close()
}
