import { expose, transfer } from 'comlink'
import type { FileHost, Outcome } from './opfs/protocol.js'
import type { RawFile } from './opfs/raw-file.js'
import { openSyncFile } from './opfs/sync-file.js'

// The script of the worker that opens files for a page; build.mjs makes one file of it.

const files = new Map<number, RawFile>()
let opened = 0

const host: FileHost = {
  open: (path) =>
    outcomeOf(async () => {
      const file = await openSyncFile(path)
      files.set(++opened, file)
      return opened
    }),
  size: (file) => outcomeOf(() => fileOf(file).size()),
  read: async (file, offset, length) => {
    const outcome = await outcomeOf(() => fileOf(file).read(offset, length))
    return 'value' in outcome ? transfer(outcome, [outcome.value.buffer]) : outcome
  },
  write: (file, offset, bytes) => outcomeOf(() => fileOf(file).write(offset, bytes)),
  truncate: (file, size) => outcomeOf(() => fileOf(file).truncate(size)),
  flush: (file) => outcomeOf(() => fileOf(file).flush()),
  close: (file) =>
    outcomeOf(async () => {
      const closing = fileOf(file)
      files.delete(file)
      await closing.close()
    }),
}

function fileOf(number: number): RawFile {
  const file = files.get(number)
  if (file) return file
  throw new DOMException('The file was closed.', 'InvalidStateError')
}

async function outcomeOf<T>(action: () => Promise<T>): Promise<Outcome<T>> {
  try {
    return { value: await action() }
  } catch (error) {
    const { name, message } = error instanceof Error || error instanceof DOMException ? error : { name: 'UnknownError', message: String(error) }
    return { error: { name, message } }
  }
}

expose(host)
