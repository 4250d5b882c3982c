import { computed, signal, type ReadonlySignal } from '@preact/signals'
import { tasks } from './tasks.js'

const edits = signal<ReadonlySet<object>>(new Set())

/** Whether something would be lost if the page were closed now: an edit that is not saved yet, or something under way. */
export const isUnsaved: ReadonlySignal<boolean> = computed(() => edits.value.size > 0 || tasks.value.some((task) => task.state.value === 'running'))

/** Says that an edit is not saved yet. The result says that it is. */
export function markUnsaved(): () => void {
  const edit = {}
  edits.value = new Set([...edits.value, edit])
  return () => {
    edits.value = new Set([...edits.value].filter((other) => other !== edit))
  }
}

/** Has the browser ask before the page is closed with something unsaved. */
export function askBeforeClosing(): void {
  addEventListener('beforeunload', (event) => {
    if (isUnsaved.value) event.preventDefault()
  })
}
