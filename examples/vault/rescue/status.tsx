import type { ComponentChild } from 'preact'
import { useLayoutEffect } from 'preact/hooks'
import { message, running } from './task.js'

/** What the page does now, and what came of what it did. */
export function Status(): ComponentChild {
  const task = running.value
  const last = message.value
  // As of every dialog: else what Escape was pressed for would come all the same.
  useLayoutEffect(() => {
    if (!task) return undefined
    const onKey = ({ key }: KeyboardEvent): void => {
      // One that is open is what the key closes.
      if (key === 'Escape' && !document.querySelector('dialog[open]')) task.cancel()
    }
    addEventListener('keydown', onKey)
    return () => removeEventListener('keydown', onKey)
  }, [task?.cancel])
  return (
    <>
      {task && (
        <div class="overlay">
          <div class="card working" role="dialog" aria-modal="true" aria-label="Working">
            <p role="status">{task.title} …</p>
            <progress aria-label={task.title} {...(task.fraction === undefined ? {} : { value: task.fraction })} />
            <button type="button" class="button" onClick={task.cancel}>
              Cancel
            </button>
          </div>
        </div>
      )}
      <div aria-live="polite">{last?.kind === 'done' && <p class="card done">{last.text}</p>}</div>
      {last?.kind === 'problem' && (
        <p class="card warning" role="alert">
          {last.text}
        </p>
      )}
    </>
  )
}
