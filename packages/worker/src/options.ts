export interface WorkerEngineOptions {
  /** How many workers; as many as there are processors, up to 8, unless told. */
  readonly size?: number | undefined
  /** The worker's script, where a bundler or a policy has put it elsewhere. */
  readonly workerUrl?: string | URL | undefined
  /** Workers end after so many milliseconds without work; 5,000 unless told. They come again when they are needed. */
  readonly idleMs?: number | undefined
}

export interface PasswordHashSettings {
  /** The worker's script, where a bundler or a policy has put it elsewhere. */
  readonly workerUrl?: string | URL | undefined
  /** Ends a derivation under way, at once. */
  readonly signal?: AbortSignal | undefined
}

const MOST_WORKERS = 8
const IDLE_MS = 5000

/** The options with what holds where they are silent. @throws RangeError for what cannot be. */
export function checkEngineOptions({ size, idleMs = IDLE_MS }: WorkerEngineOptions, processors: number): { size: number; idleMs: number } {
  const count = size ?? Math.max(1, Math.min(MOST_WORKERS, processors))
  if (!Number.isInteger(count) || count < 1 || count > 64) throw new RangeError('`size` is a whole number of workers from 1 to 64.')
  if (!(idleMs >= 0)) throw new RangeError('`idleMs` is a number of milliseconds.')
  return { size: count, idleMs }
}
