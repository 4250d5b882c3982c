import type { ComponentChild } from 'preact'
import { useLayoutEffect, useRef, useState } from 'preact/hooks'
import { explainError } from '../../model/explain-error.js'
import { nameProblem } from '../../model/file-actions.js'
import { notify } from '../../model/notices.js'
import { Button } from '../controls/button.js'
import { Dialog } from '../controls/dialog.js'
import { Field } from '../controls/field.js'
import { useIsOpen } from '../controls/use-is-open.js'

export interface NameDialogProps {
  readonly title: string
  /** What is named. */
  readonly label: string
  readonly initial: string
  readonly confirm: string
  /** Does it. What it rejects with is said in the dialog, or in a notice where that is not shown any more. */
  readonly onName: (name: string) => Promise<void>
  /** Also called when it is done, by then perhaps late: it closes this dialog, and no other. */
  readonly onClose: () => void
}

/** Asks for a name, and stays until it is one that can be used. */
export function NameDialog({ title, label, initial, confirm, onName, onClose }: NameDialogProps): ComponentChild {
  const [name, setName] = useState(initial)
  const [problem, setProblem] = useState<string>()
  const [isBusy, setBusy] = useState(false)
  const input = useRef<HTMLInputElement>(null)
  const isOpen = useIsOpen()
  useLayoutEffect(() => {
    input.current?.focus()
    // The extension mostly stays.
    const dot = initial.lastIndexOf('.')
    input.current?.setSelectionRange(0, dot > 0 ? dot : initial.length)
  }, [])
  const submit = async (event: Event): Promise<void> => {
    event.preventDefault()
    const wrong = nameProblem(name)
    setProblem(wrong)
    if (wrong !== undefined) return
    setBusy(true)
    try {
      await onName(name)
      onClose()
    } catch (error) {
      const { text, advice } = explainError(error)
      if (!isOpen.current) notify(`${text} ${advice}`)
      setProblem(`${text} ${advice}`)
      input.current?.focus()
    } finally {
      setBusy(false)
    }
  }
  return (
    <Dialog title={title} onClose={onClose}>
      <form onSubmit={(event) => void submit(event)}>
        <Field label={label} value={name} onInput={setName} problem={problem} inputRef={input} />
        <div class="button-row button-row-end">
          <Button onClick={onClose}>Cancel</Button>
          <Button type="submit" kind="primary" disabled={isBusy}>
            {confirm}
          </Button>
        </div>
      </form>
    </Dialog>
  )
}
