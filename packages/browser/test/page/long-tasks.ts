export interface Tasks {
  /** In milliseconds, by the clock: others may have had the processor meanwhile. */
  readonly longestMs: number
  /** Of the time, in tasks of over 50 ms. */
  readonly longShare: number
}

const LONG_MS = 50
/** A timer comes no sooner than after so many. */
const TIMER_MS = 4

/** Watches the tasks of this thread from now on, by the pauses between the turns of a timer. */
export function watchTasks(): { end(): Tasks } {
  const start = performance.now()
  let last = start
  let longest = 0
  let long = 0
  const turn = (): void => {
    const now = performance.now()
    const task = now - last - TIMER_MS
    longest = Math.max(longest, task)
    if (task > LONG_MS) long += task
    last = now
  }
  const timer = setInterval(turn, TIMER_MS)
  return {
    end() {
      turn()
      clearInterval(timer)
      return { longestMs: Math.round(longest * 10) / 10, longShare: long / (performance.now() - start) }
    },
  }
}
