import type { Endpoint } from 'comlink'

/** A thread of the platform, as a pool sees it. */
export interface Thread {
  readonly endpoint: Endpoint
  /** Calls back when the thread has ended by itself, and runs no more. */
  onEnd(callback: (reason: Error) => void): void
  /** Whether the thread alone keeps the process alive, where there is such a thing. */
  setBusy(isBusy: boolean): void
  /** Resolves when the thread runs no more. */
  terminate(): Promise<unknown>
}

/** @throws where there are no threads to be had. */
export type SpawnThread = () => Thread
