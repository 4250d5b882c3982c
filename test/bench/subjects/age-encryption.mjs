// Each file of a tree into a file encrypted to an age recipient, and back, with age-encryption. It does not compress, and the
// names stay readable: less work than a coffer does.
// Task: { install, operation, path, source | target, identity, recipient }

import { mkdirSync, readdirSync } from 'node:fs'
import { readFile, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { dirname, join, relative } from 'node:path'
import { pathToFileURL } from 'node:url'
import { printResult, readTask, timeEach } from './task.mjs'

const { install, operation, path, source, target, identity, recipient } = readTask()
const require = createRequire(join(install, 'package.json'))
const { Decrypter, Encrypter } = await import(pathToFileURL(require.resolve('age-encryption')).href)

let size = 0
const seconds = await timeEach(1, undefined, operation === 'write' ? write : extract)
printResult({ seconds, size })

async function write() {
  const encrypter = new Encrypter()
  encrypter.addRecipient(recipient)
  await convert(source, path, async (bytes) => {
    const sealed = await encrypter.encrypt(bytes)
    size += sealed.length
    return sealed
  })
}

async function extract() {
  const decrypter = new Decrypter()
  decrypter.addIdentity(identity)
  await convert(path, target, (bytes) => decrypter.decrypt(bytes))
}

async function convert(from, to, code) {
  for (const entry of readdirSync(from, { withFileTypes: true, recursive: true })) {
    if (!entry.isFile()) continue
    const file = join(entry.parentPath, entry.name)
    const out = join(to, relative(from, file))
    mkdirSync(dirname(out), { recursive: true })
    await writeFile(out, await code(new Uint8Array(await readFile(file))))
  }
}
