interface Listening {
  readonly callbacks: Set<() => void>
  readonly listener: () => void
}

const listening = new WeakMap<AbortSignal, Listening>()

/**
 * Has `callback` called when `signal` is aborted, until what is returned is called. One listener for all of them: Node warns of a leak where
 * a signal has more than ten, and many jobs at once are none.
 */
export function onAbort(signal: AbortSignal | undefined, callback: () => void): () => void {
  if (!signal) return () => undefined
  const { callbacks, listener } = listening.get(signal) ?? listen(signal)
  callbacks.add(callback)
  return () => {
    callbacks.delete(callback)
    if (callbacks.size > 0) return
    signal.removeEventListener('abort', listener)
    listening.delete(signal)
  }
}

function listen(signal: AbortSignal): Listening {
  const callbacks = new Set<() => void>()
  const listener = (): void => {
    for (const callback of Array.from(callbacks)) callback()
  }
  signal.addEventListener('abort', listener)
  const made = { callbacks, listener }
  listening.set(signal, made)
  return made
}

/** What `promise` gives, or the reason of a signal that is aborted before. */
export function orAborted<T>(promise: Promise<T>, signals: readonly (AbortSignal | undefined)[]): Promise<T> {
  if (!signals.some(Boolean)) return promise
  return new Promise((resolve, reject) => {
    const stops = signals.map((signal) => onAbort(signal, () => reject(signal?.reason)))
    const aborted = signals.find((signal) => signal?.aborted)
    if (aborted) reject(aborted.reason)
    void promise.then(resolve, reject).finally(() => {
      for (const stop of stops) stop()
    })
  })
}
