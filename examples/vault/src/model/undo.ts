import { explainError } from './explain-error.js'
import { notify } from './notices.js'

interface Undoable {
  readonly what: string
  readonly undo: () => Promise<string>
}

/** How many steps can be taken back. */
const MOST_STEPS = 50
let steps: readonly Undoable[] = []
/** What is under way of which a step will come. */
const doing = new Set<Promise<unknown>>()
let turn: Promise<unknown> = Promise.resolve()

/** Does something that may end with {@link offerUndo}: whoever undoes meanwhile means this, and not what was done before. */
export async function undoable<T>(work: () => Promise<T>): Promise<T> {
  const running = work()
  doing.add(running)
  try {
    return await running
  } finally {
    doing.delete(running)
  }
}

/** Tells what was done, with a way back: in the notice for a while, and by {@link undoLast} for as long as the vault is open. `undo` tells what it did. */
export function offerUndo(what: string, undo: () => Promise<string>): void {
  const step: Undoable = { what, undo }
  steps = [...steps, step].slice(-MOST_STEPS)
  notify(what, { label: 'Undo', run: () => inTurn(() => takeBack(step)) })
}

/** Takes back what was done last. */
export function undoLast(): Promise<void> {
  return inTurn(async () => {
    await Promise.allSettled(doing)
    const last = steps.at(-1)
    if (last) await takeBack(last)
    else notify('There is nothing to undo.')
  })
}

/** One after the other: a step begins with what the ones after it have left. */
function inTurn(work: () => Promise<void>): Promise<void> {
  const ended = turn.then(work)
  turn = ended
  return ended
}

async function takeBack(step: Undoable): Promise<void> {
  if (!steps.includes(step)) return
  steps = steps.filter((other) => other !== step)
  try {
    notify(await step.undo())
  } catch (error) {
    const { text, advice } = explainError(error)
    const again = (): Promise<void> => {
      steps = [...steps, step]
      return takeBack(step)
    }
    notify(`Not undone. ${text} ${advice}`, { label: 'Try again', run: () => inTurn(again) })
  }
}
