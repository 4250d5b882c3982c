import type { FileSpan, Platform } from '@coffer/core/internal'
import { expose, type Endpoint } from 'comlink/dist/esm/comlink.mjs'
import { PoolEngine } from '../../src/engine.js'
import { createHost } from '../../src/host.js'
import type { Thread } from '../../src/thread.js'

/** What went over one of the wires: the message, and the buffers that were handed over instead of copied. */
export interface Crossing {
  readonly message: unknown
  readonly transferred: readonly unknown[]
  readonly length: number
}

/** Threads that are none: the worker's code runs in the test's thread behind a message channel, where all that crosses can be seen and held up. */
export class FakeThreads {
  readonly all: FakeThread[] = []
  /** Each answer of a worker waits for this. */
  delay: () => Promise<void> = () => Promise.resolve()
  /** Starting a thread throws this, once there are {@link most}. */
  refusal: Error | undefined
  most = 0
  /** What the workers do with files; spans are told to {@link reads}. */
  readonly reads: FileSpan[] = []
  read: (span: FileSpan) => Promise<Uint8Array> = (span) => Promise.resolve(new Uint8Array(span.length))
  readonly writes: { readonly offset: number; readonly bytes: Uint8Array }[] = []
  write: () => Promise<void> = () => Promise.resolve()

  engine({ size = 2, idleMs = 60_000, endWithLast = true, withFiles = false } = {}): PoolEngine {
    const platform = withFiles ? this.#platform() : undefined
    return new PoolEngine({ spawn: () => this.#spawn(platform), size, idleMs, endWithLast, platform })
  }

  get alive(): FakeThread[] {
    return this.all.filter(({ isAlive }) => isAlive)
  }

  /** All that was sent to workers, and all that came back. */
  get sent(): Crossing[] {
    return this.all.flatMap(({ sent }) => sent)
  }

  get received(): Crossing[] {
    return this.all.flatMap(({ received }) => received)
  }

  /** Calls without an answer yet. */
  get unanswered(): number {
    return this.all.reduce((sum, { sent, received }) => sum + sent.length - received.length, 0)
  }

  #spawn(platform: Platform | undefined): Thread {
    if (this.refusal && this.alive.length >= this.most) throw this.refusal
    const thread = new FakeThread(this, platform)
    this.all.push(thread)
    return thread
  }

  #platform(): Platform {
    return {
      files: {
        read: (span) => {
          this.reads.push(span)
          return this.read(span)
        },
        write: async ({ offset }, bytes) => {
          await this.write()
          this.writes.push({ offset, bytes: bytes.slice() })
        },
        create: () => undefined,
      },
      fernet: () => {
        throw new Error('there is none here')
      },
      aesOcb: () => undefined,
      zstd: undefined,
    }
  }
}

export class FakeThread implements Thread {
  readonly endpoint: Endpoint
  readonly sent: Crossing[] = []
  readonly received: Crossing[] = []
  isAlive = true
  isBusy = true
  readonly #ports: InstanceType<typeof MessageChannel>
  #onEnd: (reason: Error) => void = () => undefined

  constructor(threads: FakeThreads, platform: Platform | undefined) {
    this.#ports = new MessageChannel()
    const { port1: near, port2: far } = this.#ports
    this.endpoint = spied(near, this.sent, () => Promise.resolve())
    expose(createHost(platform), spied(far, this.received, () => threads.delay()))
  }

  onEnd(callback: (reason: Error) => void): void {
    this.#onEnd = callback
  }

  setBusy(isBusy: boolean): void {
    this.isBusy = isBusy
  }

  terminate(): Promise<void> {
    this.isAlive = false
    this.#ports.port1.close()
    this.#ports.port2.close()
    return Promise.resolve()
  }

  /** Ends as a thread does that crashes. */
  die(reason: Error): void {
    void this.terminate()
    this.#onEnd(reason)
  }
}

function spied(port: Endpoint, crossings: Crossing[], delay: () => Promise<void>): Endpoint {
  const post = async (message: unknown, transferred: Parameters<Endpoint['postMessage']>[1]): Promise<void> => {
    await delay()
    const length = byteArrays(message).reduce((sum, bytes) => sum + bytes.length, 0)
    crossings.push({ message, transferred: transferred ?? [], length })
    port.postMessage(message, transferred)
  }
  return {
    start: () => port.start?.(),
    addEventListener: port.addEventListener.bind(port),
    removeEventListener: port.removeEventListener.bind(port),
    postMessage: (message: unknown, transferred) => void post(message, transferred),
  }
}

/** The arrays of bytes anywhere in a message. */
export function byteArrays(value: unknown): Uint8Array[] {
  if (value instanceof Uint8Array) return [value]
  if (typeof value !== 'object' || value === null) return []
  return Object.values(value).flatMap(byteArrays)
}
