import { CLAIM, type MediaAnswer, type MediaQuestion, type MediaWish } from './media-protocol.js'

/** How long a page may take to say whether it has what is asked for, which it does at once unless it is frozen or gone. */
const HEAD_TIMEOUT_MS = 10_000

/**
 * Answers requests for `media/<id>` with what the page that asks has published under that id: nobody else has the keys. All state is in
 * the request, so that the browser may stop this worker between any two of them. Nothing of it is kept.
 */
export function answerMediaRequests(scope: ServiceWorkerGlobalScope): void {
  const prefix = new URL('media/', scope.registration.scope).pathname
  scope.addEventListener('fetch', (event) => {
    const { pathname, origin } = new URL(event.request.url)
    if (origin !== scope.location.origin || !pathname.startsWith(prefix)) return
    // No other listener may find a page or a file of its own for it.
    event.stopImmediatePropagation()
    event.respondWith(answer(scope, event, pathname.slice(prefix.length)))
  })
  scope.addEventListener('message', (event) => {
    if ((event.data as { type?: unknown } | null)?.type === CLAIM) event.waitUntil(scope.clients.claim())
  })
}

async function answer(scope: ServiceWorkerGlobalScope, { request, clientId }: FetchEvent, id: string): Promise<Response> {
  const { method, mode, destination } = request
  if (method !== 'GET' && method !== 'HEAD') return refusal(405)
  const framed = mode === 'navigate'
  if (framed && destination === 'document') return refusal(404)
  const question: MediaQuestion = { type: 'media', id, method, range: request.headers.get('range'), framed }
  // A frame asks in nobody's name: each page is asked, and the id, which cannot be guessed, finds the one that published it.
  const owner = framed ? undefined : await scope.clients.get(clientId)
  const clients = framed ? await scope.clients.matchAll({ type: 'window' }) : owner ? [owner] : []
  if (clients.length === 0) return refusal(410)
  const answers = await Promise.all(clients.map((client) => ask(client, question, request.signal)))
  return answers.find(({ ok }) => ok) ?? answers.find(({ status }) => status !== 404) ?? refusal(404)
}

/** The page's answer, whose body is read from the page as it is read from here. */
function ask(client: Client, question: MediaQuestion, ended: AbortSignal): Promise<Response> {
  return new Promise((resolve) => {
    const { port1: port, port2 } = new MessageChannel()
    const wish = (what: MediaWish): void => port.postMessage(what)
    const stop = (): void => {
      wish('cancel')
      port.close()
    }
    const timeout = setTimeout(() => {
      stop()
      resolve(refusal(410))
    }, HEAD_TIMEOUT_MS)
    const body = new PieceStream(() => wish('more'), stop)
    ended.addEventListener('abort', stop, { once: true })
    port.addEventListener('message', ({ data }: MessageEvent<MediaAnswer>) => {
      if ('piece' in data) body.take(data.piece)
      else if ('end' in data) {
        body.end(data.end === 'done')
        port.close()
      } else {
        clearTimeout(timeout)
        const { status, headers } = data.head
        const hasBody = question.method === 'GET' && (status === 200 || status === 206)
        resolve(new Response(hasBody ? body.readable : null, { status, headers: headers.map(([name, value]) => [name, value]) }))
      }
    })
    // Where browsers tell: the page has gone in the middle.
    port.addEventListener('close', () => body.end(false))
    port.start()
    client.postMessage(question, [port2])
  })
}

/** A stream that wishes for one piece at a time. */
class PieceStream {
  readonly readable: ReadableStream<Uint8Array>
  #controller: ReadableStreamDefaultController<Uint8Array> | undefined
  #arrived: (() => void) | undefined

  constructor(wish: () => void, cancel: () => void) {
    this.readable = new ReadableStream<Uint8Array>({
      start: (controller) => {
        this.#controller = controller
      },
      pull: () => {
        wish()
        return new Promise<void>((resolve) => {
          this.#arrived = resolve
        })
      },
      cancel: () => {
        this.#controller = undefined
        cancel()
      },
    })
  }

  take(piece: Uint8Array): void {
    this.#controller?.enqueue(piece)
    this.#arrived?.()
  }

  end(whole: boolean): void {
    if (whole) this.#controller?.close()
    else this.#controller?.error(new TypeError('The content could not be read.'))
    this.#controller = undefined
    this.#arrived?.()
  }
}

function refusal(status: 404 | 405 | 410): Response {
  return new Response(null, { status, headers: { 'cache-control': 'no-store' } })
}
