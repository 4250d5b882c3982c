import type { BrowserContext, Page } from 'playwright'

interface TraceEvent {
  readonly name: string
  readonly pid: number
  readonly tid: number
  /** Microseconds of the thread's own time. */
  readonly tdur?: number
}

/** Tells the page's thread in a trace from those of Chromium's own pages, which are built and run at times of their own. */
const MARK = 'the page under test'

/** The tasks of the page's main thread from now on, by the processor's time: others on the machine do not count. */
export async function traceTasks(context: BrowserContext, page: Page): Promise<{ end(): Promise<{ count: number; longestMs: number }> }> {
  const browser = context.browser()
  const session = browser ? await browser.newBrowserCDPSession() : await context.newCDPSession(page)
  let main = ''
  const longest = new Map<string, { count: number; ms: number }>()
  session.on('Tracing.dataCollected', ({ value }) => {
    for (const { name, pid, tid, tdur = 0 } of value as unknown as TraceEvent[]) {
      const thread = `${pid}:${tid}`
      if (name === MARK) main = thread
      if (!/RunTask/.test(name)) continue
      const { count, ms } = longest.get(thread) ?? { count: 0, ms: 0 }
      longest.set(thread, { count: count + 1, ms: Math.max(ms, tdur / 1000) })
    }
  })
  const traceConfig = { includedCategories: ['blink.user_timing', 'disabled-by-default-devtools.timeline', 'toplevel'], recordMode: 'recordUntilFull' as const, traceBufferSizeInKb: 600_000 }
  await session.send('Tracing.start', { transferMode: 'ReportEvents', traceConfig })
  await page.evaluate((mark) => performance.mark(mark), MARK)
  return {
    end: async () => {
      const complete = new Promise((resolve) => {
        session.once('Tracing.tracingComplete', resolve)
      })
      await session.send('Tracing.end')
      await complete
      const { count, ms } = longest.get(main) ?? { count: 0, ms: 0 }
      return { count, longestMs: ms }
    },
  }
}
