import { explainError } from './explain-error.js'
import { notify } from './notices.js'

interface Undoable {
  readonly what: string
  readonly undo: () => Promise<string>
}

/** How many steps can be taken back. */
const MOST_STEPS = 50
let steps: readonly Undoable[] = []

/** Tells what was done, with a way back: in the notice for a while, and by {@link undoLast} for as long as the vault is open. `undo` tells what it did. */
export function offerUndo(what: string, undo: () => Promise<string>): void {
  const step: Undoable = { what, undo }
  steps = [...steps, step].slice(-MOST_STEPS)
  notify(what, { label: 'Undo', run: () => takeBack(step) })
}

/** Takes back what was done last. */
export async function undoLast(): Promise<void> {
  const last = steps.at(-1)
  if (last) await takeBack(last)
  else notify('There is nothing to undo.')
}

async function takeBack(step: Undoable): Promise<void> {
  if (!steps.includes(step)) return
  steps = steps.filter((other) => other !== step)
  try {
    notify(await step.undo())
  } catch (error) {
    const { text, advice } = explainError(error)
    notify(`Not undone. ${text} ${advice}`)
  }
}
