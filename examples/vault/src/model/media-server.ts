import { CLAIM, type MediaAnswer, type MediaQuestion, type MediaWish } from '../sw/media-protocol.js'
import { parseRange } from './media-range.js'
import type { MediaSource } from './media-source.js'

export interface MediaOptions {
  /** What it is served as: one of the safe types of media-types.ts. */
  readonly type: string
  /** Whether it may be the document of a frame. */
  readonly framed?: boolean | undefined
  /** The name under which the browser saves it instead of showing it. */
  readonly download?: string | undefined
  /** Told why reading failed, which the element that shows it does not know. */
  readonly onError?: ((error: unknown) => void) | undefined
  /** Told when the browser wants no more of a piece that it has asked for. */
  readonly onCancel?: (() => void) | undefined
}

/** An address under which this page, and no other, gets the content, until it is withdrawn or the page is gone. */
export interface Media {
  readonly url: string
  /** Ends what is being read, and answers 404 from now on. */
  withdraw(): void
}

interface Published extends MediaOptions {
  readonly source: MediaSource
  readonly withdrawn: AbortSignal
}

const published = new Map<string, Published>()

/** How long a worker is waited for that does not control the page yet. */
const CLAIM_MS = 5000

/** Answers the service worker, which asks on behalf of this page's elements. To be called once, before anything is unlocked. */
export function serveMedia(): void {
  if (!('serviceWorker' in navigator)) return
  navigator.serviceWorker.addEventListener('message', ({ data, ports }: MessageEvent<MediaQuestion | null>) => {
    const [port] = ports
    if (data?.type === 'media' && port) void answer(data, port)
  })
  navigator.serviceWorker.startMessages()
}

/** Whether a service worker stands between this page's elements and the network. Asks it to, where it does not. */
export async function isMediaServed(): Promise<boolean> {
  if (!('serviceWorker' in navigator)) return false
  const workers = navigator.serviceWorker
  if (workers.controller) return true
  return new Promise((resolve) => {
    const done = (): void => {
      clearTimeout(timeout)
      workers.removeEventListener('controllerchange', done)
      resolve(workers.controller !== null)
    }
    const timeout = setTimeout(done, CLAIM_MS)
    workers.addEventListener('controllerchange', done)
    void workers.ready.then(({ active }) => active?.postMessage({ type: CLAIM }, []))
  })
}

/** Publishes content. Nothing of it is in the address, and nothing is read before it is asked for. */
export function publishMedia(source: MediaSource, options: MediaOptions): Media {
  const id = crypto.randomUUID()
  const controller = new AbortController()
  published.set(id, { ...options, source, withdrawn: controller.signal })
  return {
    url: `/media/${id}`,
    withdraw: () => {
      published.delete(id)
      controller.abort()
    },
  }
}

async function answer({ id, method, range: header, framed }: MediaQuestion, port: MessagePort): Promise<void> {
  const tell = (what: MediaAnswer, transfer: Transferable[] = []): void => port.postMessage(what, transfer)
  const file = published.get(id)
  if (!file || (framed && !file.framed)) {
    tell({ head: refusal(404) })
    return
  }
  const { source, type } = file
  const range = parseRange(header, source.size)
  const { start, end } = typeof range === 'object' ? range : { start: 0, end: range === 'all' ? source.size : 0 }
  const status = range === 'all' ? 200 : range === 'unsatisfiable' ? 416 : 206
  const headers: [string, string][] = [
    ['content-type', type],
    ['content-length', String(end - start)],
    ['accept-ranges', 'bytes'],
    ['cache-control', 'no-store'],
    ['x-content-type-options', 'nosniff'],
    ['cross-origin-resource-policy', 'same-origin'],
  ]
  if (file.download !== undefined) headers.push(['content-disposition', `attachment; filename*=UTF-8''${encodeFileName(file.download)}`])
  // The browser's viewer of PDF does not run in a sandbox; whatever else might run something does.
  if (!file.framed) headers.push(['content-security-policy', 'sandbox'])
  if (status === 206) headers.push(['content-range', `bytes ${start}-${end - 1}/${source.size}`])
  if (status === 416) headers.push(['content-range', `bytes */${source.size}`])
  const head = { head: { status, headers } } as const
  if (method === 'HEAD' || start === end) {
    tell(head)
    tell({ end: 'done' })
    return
  }

  const cancelled = new AbortController()
  const credit = new Credit(cancelled.signal)
  port.addEventListener('message', ({ data }: MessageEvent<MediaWish>) => {
    if (data === 'more') credit.grant()
    else cancelled.abort()
  })
  // Where browsers tell: the worker was stopped in the middle.
  port.addEventListener('close', () => cancelled.abort())
  port.start()
  const { signal } = cancelled
  const withdraw = (): void => cancelled.abort(file.withdrawn.reason)
  file.withdrawn.addEventListener('abort', withdraw)
  if (file.withdrawn.aborted) withdraw()
  let isBegun = false
  try {
    for (let at = start; at < end; ) {
      // The first is read at once. No other before it is asked for: players ask for more than they take, and somebody waits for what they ask next.
      if (isBegun) await credit.take()
      const piece = ownBuffer(await source.read(at, Math.min(end, source.pieceEnd(at)), signal))
      signal.throwIfAborted()
      if (!isBegun) {
        tell(head)
        isBegun = true
        await credit.take()
      }
      at += piece.length
      tell({ piece }, [piece.buffer])
    }
    tell({ end: 'done' })
  } catch (error) {
    if (!signal.aborted) file.onError?.(error)
    else if (!file.withdrawn.aborted) file.onCancel?.()
    // Whoever shows it has been taken away where it was given up: to him that is no failure, which the console would tell of.
    tell(isBegun ? { end: 'failed' } : { head: refusal(signal.aborted ? 204 : 410) })
  } finally {
    file.withdrawn.removeEventListener('abort', withdraw)
    cancelled.abort()
    port.close()
  }
}

function refusal(status: number): { readonly status: number; readonly headers: readonly (readonly [string, string])[] } {
  return { status, headers: [['cache-control', 'no-store']] }
}

/** As RFC 8187 has it. */
function encodeFileName(name: string): string {
  return encodeURIComponent(name).replaceAll(/['()*]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`)
}

/** So that it can be handed over. */
function ownBuffer(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  const { buffer } = bytes
  if (buffer instanceof ArrayBuffer && buffer.byteLength === bytes.length) return bytes as Uint8Array<ArrayBuffer>
  return bytes.slice()
}

/** How many pieces may be sent; whoever is ahead waits. */
class Credit {
  readonly #ended: AbortSignal
  #pieces = 0
  #waiting: (() => void) | undefined

  constructor(ended: AbortSignal) {
    this.#ended = ended
    ended.addEventListener('abort', () => this.#waiting?.(), { once: true })
  }

  grant(): void {
    this.#pieces += 1
    this.#waiting?.()
  }

  /** @throws what the signal was aborted with. */
  async take(): Promise<void> {
    while (this.#pieces === 0 && !this.#ended.aborted) await new Promise<void>((resolve) => (this.#waiting = resolve))
    this.#ended.throwIfAborted()
    this.#pieces -= 1
  }
}
