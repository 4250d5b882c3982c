import type { TaskOptions } from '@coffer/core'
import { signal } from '@preact/signals'
import { explain } from './words.js'

/** What the page is busy with, one thing at a time. */
export interface Running {
  readonly title: string
  /** 0 to 1; `undefined` while nobody knows. */
  readonly fraction: number | undefined
  readonly cancel: () => void
}

export const running = signal<Running | undefined>(undefined)
/** What went wrong last, or was done, in words. */
export const message = signal<{ readonly kind: 'problem' | 'done'; readonly text: string } | undefined>(undefined)

/** Runs one thing, if nothing else runs. What it gives; `undefined` where it failed or was cancelled, which is shown unless `onError` takes it. */
export async function run<T>(title: string, work: (task: TaskOptions) => Promise<T>, onError?: (error: unknown) => boolean): Promise<T | undefined> {
  if (running.value !== undefined) return undefined
  const controller = new AbortController()
  const cancel = (): void => controller.abort()
  let shownAt = 0
  const onProgress = ({ done, total }: { readonly done: number; readonly total: number | undefined }): void => {
    const now = performance.now()
    if (now - shownAt < 100) return
    shownAt = now
    running.value = { title, cancel, fraction: total === undefined || total === 0 ? undefined : Math.min(1, done / total) }
  }
  running.value = { title, fraction: undefined, cancel }
  message.value = undefined
  // What comes may keep the page from being drawn: the words first.
  await painted()
  try {
    return await work({ signal: controller.signal, onProgress })
  } catch (error) {
    const handled = controller.signal.aborted || onError?.(error) === true
    if (!handled) message.value = { kind: 'problem', text: explain(error) }
    return undefined
  } finally {
    running.value = undefined
  }
}

function painted(): Promise<void> {
  return new Promise((resolve) => {
    // A page that is not shown draws nothing.
    const timer = setTimeout(resolve, 200)
    requestAnimationFrame(() => {
      clearTimeout(timer)
      setTimeout(resolve)
    })
  })
}
