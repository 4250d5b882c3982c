/**
 * The longest task of this thread from now on. The browser tells of those over 50 ms; shorter ones show as the pause between two turns of a
 * loop of messages.
 */
export function watchTasks(): { longest(): Promise<number> } {
  let longest = 0
  const observer = new PerformanceObserver((list) => {
    for (const { duration } of list.getEntries()) longest = Math.max(longest, duration)
  })
  observer.observe({ type: 'longtask' })
  let last = performance.now()
  const timer = setInterval(() => {
    const now = performance.now()
    // The timer itself comes every 4 ms.
    longest = Math.max(longest, now - last - 4)
    last = now
  }, 4)
  return {
    async longest() {
      // The observer is told a moment later.
      await new Promise((resolve) => setTimeout(resolve, 100))
      clearInterval(timer)
      observer.disconnect()
      return Math.round(longest * 10) / 10
    },
  }
}
