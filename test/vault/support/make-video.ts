// Runs in a page. A video of any length without a program for it: some seconds of noise, encoded by the browser, then repeated under other times.

const WIDTH = 640
const HEIGHT = 360
const FRAMES_PER_SECOND = 25
/** Different seconds, each beginning with a key frame; a bar tells which one is shown. */
export const SECONDS = 4
const BITS_PER_SECOND = 8_000_000

export interface Video {
  readonly blob: Blob
  readonly seconds: number
}

/** A WebM file of about so many bytes, with its index of places at the end, where most programs put it. Its seconds share their memory. */
export async function makeVideo(bytes: number): Promise<Video> {
  const clusters = (await encodeSeconds()).map((frames) => new Blob(frames.map(simpleBlock)))
  const header = element(0x1a45dfa3, [
    uint(0x4286, 1),
    uint(0x42f7, 1),
    uint(0x42f2, 4),
    uint(0x42f3, 8),
    text(0x4282, 'webm'),
    uint(0x4287, 2),
    uint(0x4285, 2),
  ])
  const mean = clusters.reduce((sum, { size }) => sum + size, 0) / clusters.length
  const seconds = Math.max(SECONDS, Math.round(bytes / mean))
  const info = element(0x1549a966, [uint(0x2ad7b1, 1_000_000), float(0x4489, seconds * 1000), text(0x4d80, 'coffer'), text(0x5741, 'coffer')])
  const picture = element(0xe0, [uint(0xb0, WIDTH), uint(0xba, HEIGHT)])
  const tracks = element(0x1654ae6b, [element(0xae, [uint(0xd7, 1), uint(0x73c5, 1), uint(0x83, 1), text(0x86, 'V_VP8'), picture])])

  // Lengths do not depend on places, so that the head can be laid out before they are known.
  const seekHead = (cuesAt: number): Bytes =>
    element(0x114d9b74, [seek(0x1549a966, headBytes), seek(0x1654ae6b, headBytes + info.length), seek(0x1c53bb6b, cuesAt)])
  let headBytes = 0
  headBytes = seekHead(0).length
  const parts: BlobPart[] = []
  const cues: Bytes[] = []
  let at = headBytes + info.length + tracks.length
  for (let second = 0; second < seconds; second++) {
    const body = clusters[second % clusters.length] as Blob
    const time = uint(0xe7, second * 1000)
    const start = concat([id(0x1f43b675), length(time.length + body.size), time])
    cues.push(element(0xbb, [uint(0xb3, second * 1000), element(0xb7, [uint(0xf7, 1), uint(0xf1, at)])]))
    parts.push(start, body)
    at += start.length + body.size
  }
  const index = element(0x1c53bb6b, cues)
  const segment = concat([id(0x18538067), length(at + index.length)])
  const head = concat([header, segment, seekHead(at), info, tracks])
  return { blob: new Blob([head, ...parts, index], { type: 'video/webm' }), seconds }
}

type Bytes = Uint8Array<ArrayBuffer>

interface Frame {
  readonly isKey: boolean
  readonly atMs: number
  readonly bytes: Bytes
}

async function encodeSeconds(): Promise<Frame[][]> {
  const seconds: Frame[][] = Array.from({ length: SECONDS }, () => [])
  const problems: unknown[] = []
  const encoder = new VideoEncoder({
    output: (chunk) => {
      const bytes = new Uint8Array(chunk.byteLength)
      chunk.copyTo(bytes)
      const ms = Math.round(chunk.timestamp / 1000)
      seconds[Math.floor(ms / 1000)]?.push({ isKey: chunk.type === 'key', atMs: ms % 1000, bytes })
    },
    error: (error) => problems.push(error),
  })
  encoder.configure({ codec: 'vp8', width: WIDTH, height: HEIGHT, bitrate: BITS_PER_SECOND, framerate: FRAMES_PER_SECOND, latencyMode: 'realtime' })
  const canvas = new OffscreenCanvas(WIDTH, HEIGHT)
  const context = canvas.getContext('2d')
  if (!context) throw new Error('There is no canvas.')
  const noise = context.createImageData(WIDTH, HEIGHT)
  const words = new Uint32Array(noise.data.buffer)
  for (let frame = 0; frame < SECONDS * FRAMES_PER_SECOND; frame++) {
    for (let i = 0; i < words.length; i++) words[i] = 0xff000000 | (Math.random() * 0x1000000)
    context.putImageData(noise, 0, 0)
    const second = Math.floor(frame / FRAMES_PER_SECOND)
    context.fillStyle = 'white'
    context.fillRect(0, 0, WIDTH, 80)
    context.fillStyle = 'black'
    context.fillRect((second * WIDTH) / SECONDS, 0, WIDTH / SECONDS, 80)
    const picture = new VideoFrame(canvas, { timestamp: Math.round((frame * 1_000_000) / FRAMES_PER_SECOND) })
    encoder.encode(picture, { keyFrame: frame % FRAMES_PER_SECOND === 0 })
    picture.close()
  }
  await encoder.flush()
  encoder.close()
  if (problems.length > 0) throw problems[0]
  return seconds
}

function simpleBlock({ isKey, atMs, bytes }: Frame): Blob {
  const head = new Uint8Array([0x81, atMs >> 8, atMs & 0xff, isKey ? 0x80 : 0])
  return new Blob([concat([id(0xa3), length(head.length + bytes.length), head, bytes])])
}

// EBML, as Matroska's files are made of (RFC 8794 and 9559): identifiers as they stand, lengths and places in 8 bytes.

function element(name: number, children: readonly Uint8Array[]): Bytes {
  const body = concat(children)
  return concat([id(name), length(body.length), body])
}

function seek(name: number, position: number): Bytes {
  return element(0x4dbb, [element(0x53ab, [id(name)]), uint(0x53ac, position)])
}

function uint(name: number, value: number): Bytes {
  return element(name, [eightBytes((view) => view.setBigUint64(0, BigInt(value)))])
}

function float(name: number, value: number): Bytes {
  return element(name, [eightBytes((view) => view.setFloat64(0, value))])
}

function text(name: number, value: string): Bytes {
  return element(name, [new TextEncoder().encode(value)])
}

function id(name: number): Bytes {
  const digits = name.toString(16)
  return Uint8Array.from(digits.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16))
}

function length(bytes: number): Bytes {
  return eightBytes((view) => view.setBigUint64(0, BigInt(bytes) | (1n << 56n)))
}

function eightBytes(set: (view: DataView) => void): Bytes {
  const bytes = new Uint8Array(8)
  set(new DataView(bytes.buffer))
  return bytes
}

function concat(parts: readonly Uint8Array[]): Bytes {
  const out = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0))
  let at = 0
  for (const part of parts) {
    out.set(part, at)
    at += part.length
  }
  return out
}
