import type { StorageKind } from './storages.js'

/** What has become of a coffer: a commit, or that it is gone. */
export interface CofferChange {
  readonly kind: 'committed' | 'deleted'
  /** The generation that it has now; `undefined` where only the bytes are known, after an import, or when it was deleted. */
  readonly generation: number | undefined
  readonly fingerprint: string | undefined
}

/** Tells all other pages and workers of the site that look at the coffer. */
export function announce(storage: StorageKind, name: string, change: CofferChange): void {
  if (typeof BroadcastChannel !== 'function') return
  const channel = new BroadcastChannel(channelOf(storage, name))
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a channel is of one origin by itself
  channel.postMessage(change)
  channel.close()
}

/** Calls `listener` when another page or worker commits to the coffer, imports or deletes it, until the signal is aborted. */
export function listen(storage: StorageKind, name: string, listener: (change: CofferChange) => void, signal?: AbortSignal): void {
  if (typeof BroadcastChannel !== 'function' || signal?.aborted) return
  const channel = new BroadcastChannel(channelOf(storage, name))
  channel.addEventListener('message', ({ data }: MessageEvent<CofferChange>) => listener(data))
  signal?.addEventListener('abort', () => channel.close(), { once: true })
}

function channelOf(storage: StorageKind, name: string): string {
  return `coffer:${storage}:${name}`
}
