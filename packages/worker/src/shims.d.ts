// Comlink's ES modules, which bring their types under another name.

declare module 'comlink/dist/esm/comlink.mjs' {
  export { expose, releaseProxy, transfer, wrap, type Endpoint, type Remote } from 'comlink'
}

declare module 'comlink/dist/esm/node-adapter.mjs' {
  import type { Endpoint } from 'comlink'
  import type { MessagePort, Worker } from 'node:worker_threads'
  /** A thread or port of Node's in the shape that Comlink talks to. */
  export default function nodeEndpoint(port: MessagePort | Worker): Endpoint
}
