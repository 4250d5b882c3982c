import { isCofferError } from '@coffer/core'
import { signal, type ReadonlySignal } from '@preact/signals'
import { explainError, type Explanation } from './explain-error.js'

/** Something that takes a while, with what the user sees of it. */
export interface Task {
  readonly id: number
  readonly title: string
  readonly state: ReadonlySignal<'running' | 'done' | 'cancelled' | 'failed'>
  /** 0 to 1; `undefined` while nobody knows. */
  readonly fraction: ReadonlySignal<number | undefined>
  readonly problem: ReadonlySignal<Explanation | undefined>
  readonly started: number
  cancel(): void
}

export interface TaskControl {
  readonly signal: AbortSignal
  readonly onProgress: (progress: { readonly done: number; readonly total?: number | undefined }) => void
}

/** All that run, and those that failed until they are dismissed. */
export const tasks = signal<readonly Task[]>([])
let ids = 0

/**
 * Runs something that takes a while, beside others. What it gives; `undefined` where it was cancelled or failed, which the user is then
 * told of.
 */
export async function runTask<T>(title: string, work: (control: TaskControl) => Promise<T>): Promise<T | undefined> {
  const controller = new AbortController()
  const state = signal<'running' | 'done' | 'cancelled' | 'failed'>('running')
  const fraction = signal<number | undefined>(undefined)
  const problem = signal<Explanation | undefined>(undefined)
  ids += 1
  const task: Task = { id: ids, title, state, fraction, problem, started: Date.now(), cancel: () => controller.abort() }
  tasks.value = [...tasks.value, task]
  try {
    const result = await work({
      signal: controller.signal,
      onProgress: ({ done, total }) => {
        fraction.value = total === undefined || total === 0 ? undefined : Math.min(1, done / total)
      },
    })
    state.value = 'done'
    dismissTask(task)
    return result
  } catch (error) {
    // The browser's own list of downloads has a button for it too.
    const cancelled = (controller.signal.aborted || (error instanceof DOMException && error.name === 'AbortError')) && !isCofferError(error)
    state.value = cancelled ? 'cancelled' : 'failed'
    if (cancelled) dismissTask(task)
    else problem.value = explainError(error)
    return undefined
  }
}

export function dismissTask(task: Task): void {
  tasks.value = tasks.value.filter((other) => other !== task)
}
