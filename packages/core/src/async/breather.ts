/** Nobody notices a wait that is shorter. */
const BREATH_AFTER_MS = 100

/** Makes what long work awaits now and then, so that others have a turn, as a signal that ends it: in memory nothing else waits for anything. */
export function breather(): () => Promise<void> {
  let last = Date.now()
  return async () => {
    if (Math.abs(Date.now() - last) < BREATH_AFTER_MS) return
    await new Promise<void>((resolve) => {
      setTimeout(resolve, 0)
    })
    last = Date.now()
  }
}
