import { digestsOf, measure, newDirectory, pickedFile, type LargeFileReport } from './large-file.js'

/** The picked file into one of another program's, on the browser's disk, and out again. */
export async function compare(program: 'age-encryption' | 'zip.js'): Promise<LargeFileReport> {
  const file = pickedFile()
  const digests = await digestsOf(file)
  const { seal, open } = program === 'zip.js' ? await zipJs() : await age()
  const directory = await newDirectory()
  const target = async (name: string): Promise<WritableStream<Uint8Array<ArrayBuffer>>> => (await directory.handle.getFileHandle(name, { create: true })).createWritable()
  const input = await measure(async () => seal(file, await target('sealed')))
  const sealed = await (await directory.handle.getFileHandle('sealed')).getFile()
  const output = await measure(async () => open(sealed, await target('out')))
  const out = await (await directory.handle.getFileHandle('out')).getFile()
  const isEqual = out.size === file.size && (await digestsOf(out)).join() === digests.join()
  await directory.remove()
  return { in: input, out: output, isEqual }
}

interface Program {
  seal(file: File, into: WritableStream<Uint8Array<ArrayBuffer>>): Promise<void>
  open(sealed: File, into: WritableStream<Uint8Array<ArrayBuffer>>): Promise<void>
}

/** It does not compress, and works on the page's thread. */
async function age(): Promise<Program> {
  const { Decrypter, Encrypter, generateIdentity, identityToRecipient } = await import('age-encryption')
  const identity = await generateIdentity()
  const encrypter = new Encrypter()
  encrypter.addRecipient(await identityToRecipient(identity))
  const decrypter = new Decrypter()
  decrypter.addIdentity(identity)
  return {
    seal: async (file, into) => (await encrypter.encrypt(file.stream())).pipeTo(into),
    open: async (sealed, into) => (await decrypter.decrypt(sealed.stream())).pipeTo(into),
  }
}

/** With AES-256 and its own default level, in its workers. */
async function zipJs(): Promise<Program> {
  const { BlobReader, ZipReader, ZipWriter } = await import('@zip.js/zip.js')
  const password = 'correct horse battery staple'
  return {
    seal: async (file, into) => {
      const writer = new ZipWriter(into, { password, encryptionStrength: 3 })
      await writer.add('large', new BlobReader(file))
      await writer.close()
    },
    open: async (sealed, into) => {
      const reader = new ZipReader(new BlobReader(sealed), { password })
      const [entry] = await reader.getEntries()
      if (!entry || entry.directory) throw new Error('There is no entry.')
      await entry.getData(into)
      await reader.close()
    },
  }
}
