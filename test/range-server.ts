import { createHash } from 'node:crypto'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

/** A web server of files that takes requests for parts, as those of static files do. */
export interface RangeServer {
  readonly origin: string
  /** What stands at which path. */
  readonly files: Map<string, Uint8Array>
  /** The requests so far; what a part held is counted in bytes. */
  readonly requests: { readonly method: string; readonly range: string | undefined; readonly headers: IncomingMessage['headers']; sent: number }[]
  /** Answers instead, where it says that it has. */
  answer: ((request: IncomingMessage, response: ServerResponse) => boolean) | undefined
  /** How many connections there are. */
  connections: () => Promise<number>
  close: () => Promise<void>
}

/** Pages of other origins may read from it, and put files there; with `?hide` they see no headers but the few that browsers always show. */
export async function startRangeServer(): Promise<RangeServer> {
  const files = new Map<string, Uint8Array>()
  const requests: RangeServer['requests'] = []
  const server = createServer((request, response) => {
    const { pathname, searchParams } = new URL(request.url ?? '/', 'http://server')
    response.setHeader('Access-Control-Allow-Origin', '*')
    if (!searchParams.has('hide')) response.setHeader('Access-Control-Expose-Headers', 'Content-Range, ETag')
    if (request.method === 'OPTIONS') {
      response.writeHead(204, { 'Access-Control-Allow-Methods': 'PUT', 'Access-Control-Allow-Headers': '*' }).end()
      return
    }
    if (request.method === 'PUT') {
      const pieces: Buffer[] = []
      request.on('data', (piece: Buffer) => pieces.push(piece))
      request.on('end', () => {
        files.set(pathname, new Uint8Array(Buffer.concat(pieces)))
        response.writeHead(204).end()
      })
      return
    }
    const record = { method: request.method ?? '', range: request.headers.range, headers: request.headers, sent: 0 }
    requests.push(record)
    if (started.answer?.(request, response)) return
    record.sent = send(files.get(pathname), request, response)
  })
  const started: RangeServer = {
    origin: '',
    files,
    requests,
    answer: undefined,
    connections: () =>
      new Promise((resolve, reject) => {
        server.getConnections((error, count) => (error ? reject(error) : resolve(count)))
      }),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve)
  })
  return Object.assign(started, { origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}` })
}

function send(bytes: Uint8Array | undefined, { method, headers }: IncomingMessage, response: ServerResponse): number {
  if (!bytes) {
    response.writeHead(404).end()
    return 0
  }
  response.setHeader('ETag', tagOf(bytes))
  const [, from, to] = /^bytes=(\d+)-(\d*)$/.exec(headers.range ?? '') ?? []
  // As for an address that is signed for reading.
  if (method === 'HEAD') {
    response.writeHead(403).end()
    return 0
  }
  if (from === undefined) {
    response.writeHead(200, { 'Content-Length': bytes.length }).end(bytes)
    return bytes.length
  }
  if (Number(from) >= bytes.length) {
    response.writeHead(416, { 'Content-Range': `bytes */${bytes.length}` }).end()
    return 0
  }
  const part = bytes.subarray(Number(from), to === '' ? bytes.length : Number(to) + 1)
  const range = `bytes ${from}-${Number(from) + part.length - 1}/${bytes.length}`
  response.writeHead(206, { 'Content-Range': range, 'Content-Length': part.length }).end(part)
  return part.length
}

const tags = new WeakMap<Uint8Array, string>()

/** Of the content, as a length and a last byte are now and then those of another file too. */
function tagOf(bytes: Uint8Array): string {
  const tag = tags.get(bytes) ?? `"${createHash('sha256').update(bytes).digest('hex')}"`
  tags.set(bytes, tag)
  return tag
}
