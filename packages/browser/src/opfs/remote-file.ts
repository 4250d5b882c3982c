import { orAborted } from '@coffer/core/internal'
import { transfer, wrap, type Remote } from 'comlink'
import { startOpfsWorker } from '../start-opfs-worker.js'
import type { FileHost, Outcome } from './protocol.js'
import type { FilePath, RawFile } from './raw-file.js'

interface Host {
  readonly remote: Remote<FileHost>
  /** Aborted when the worker is gone: what is asked of it then would never be answered. */
  readonly gone: AbortSignal
}

/** One for the page; made when it is first needed, and kept. */
let host: Host | undefined

/** Opens a file in a worker of its own. @throws DOMException NotSupportedError where the worker cannot be had. */
export async function openRemoteFile(path: FilePath): Promise<RawFile> {
  host ??= startHost()
  const using = host
  const ask = async <T>(call: (remote: Remote<FileHost>) => Promise<Outcome<T>>): Promise<T> => {
    // No race with one promise for all calls, which would keep the result of each.
    const outcome = await orAborted(call(using.remote), [using.gone])
    if ('value' in outcome) return outcome.value
    throw new DOMException(outcome.error.message, outcome.error.name)
  }
  const file = await ask((remote) => remote.open([...path]))
  return {
    size: () => ask((remote) => remote.size(file)),
    read: (offset, length) => ask((remote) => remote.read(file, offset, length)),
    write: (offset, bytes) => {
      // Copied, since it stays the caller's.
      const copy = bytes.slice()
      return ask((remote) => remote.write(file, offset, transfer(copy, [copy.buffer])))
    },
    truncate: (size) => ask((remote) => remote.truncate(file, size)),
    flush: () => ask((remote) => remote.flush(file)),
    close: () => ask((remote) => remote.close(file)),
  }
}

function startHost(): Host {
  const worker = startOpfsWorker()
  const gone = new AbortController()
  const onError = (): void => {
    host = undefined
    worker.terminate()
    gone.abort(new DOMException('The worker for files could not be started, or has failed.', 'NotSupportedError'))
  }
  worker.addEventListener('error', onError)
  worker.addEventListener('messageerror', onError)
  return { remote: wrap<FileHost>(worker), gone: gone.signal }
}
