import type { PasskeySlot } from '@coffer/core'
import type { ComponentChild, ComponentChildren } from 'preact'
import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks'
import { explainError } from '../../model/explain-error.js'
import { notify } from '../../model/notices.js'
import { addPasskey, labelProblem, renamePasskey } from '../../model/passkeys.js'
import type { VaultSession } from '../../model/session.js'
import { Button } from '../controls/button.js'
import { Dialog } from '../controls/dialog.js'
import { Field } from '../controls/field.js'
import { useIsOpen } from '../controls/use-is-open.js'
import { Waiting } from '../entry/waiting.js'

/** Asks what a new passkey is to be called, and has it made. */
export function AddPasskeyDialog({ session, onClose }: { readonly session: VaultSession; readonly onClose: () => void }): ComponentChild {
  const closing = useRef(new AbortController())
  // Nobody answers a question of the device any more that the page has nothing to say to, and all other changes would wait for it.
  useEffect(() => () => closing.current.abort(), [])
  const add = async (label: string): Promise<void> => {
    const { signal } = closing.current
    try {
      await addPasskey(session, label, signal)
    } catch (error) {
      if (!signal.aborted || error !== signal.reason) throw error
      return notify('No passkey was added.')
    }
    return notify('The passkey was added, and has opened the vault once to prove it.')
  }
  return (
    <LabelDialog title="Add a passkey" label="This device" confirm="Go on" waiting="Follow what your device asks for." onLabel={add} onClose={onClose}>
      <p>Your device asks three times: once to make the passkey, and twice to prove that it always gives the same.</p>
    </LabelDialog>
  )
}

export interface RenamePasskeyDialogProps {
  readonly session: VaultSession
  readonly slot: PasskeySlot
  readonly onClose: () => void
}

/** Asks what a passkey is to be called from now on. */
export function RenamePasskeyDialog({ session, slot, onClose }: RenamePasskeyDialogProps): ComponentChild {
  const rename = async (label: string): Promise<void> => {
    if (label !== slot.label) await renamePasskey(session, slot, label)
  }
  return <LabelDialog title="Rename the passkey" label={slot.label} confirm="Rename" onLabel={rename} onClose={onClose} />
}

interface LabelDialogProps {
  readonly title: string
  /** What stands in the field at first. */
  readonly label: string
  readonly confirm: string
  readonly waiting?: string | undefined
  readonly onLabel: (label: string) => Promise<void>
  readonly onClose: () => void
  readonly children?: ComponentChildren
}

function LabelDialog({ title, label: before, confirm, waiting, onLabel, onClose, children }: LabelDialogProps): ComponentChild {
  const [label, setLabel] = useState(before)
  const [problem, setProblem] = useState<string>()
  const [isBusy, setBusy] = useState(false)
  const input = useRef<HTMLInputElement>(null)
  const isOpen = useIsOpen()
  useLayoutEffect(() => {
    input.current?.focus()
    input.current?.select()
  }, [])
  const submit = async (event: Event): Promise<void> => {
    event.preventDefault()
    const wrong = labelProblem(label)
    setProblem(wrong)
    if (isBusy || wrong !== undefined) return
    setBusy(true)
    try {
      await onLabel(label.trim())
      if (isOpen.current) onClose()
    } catch (error) {
      const { text, advice } = explainError(error)
      if (!isOpen.current) notify(`${text} ${advice}`)
      setProblem(`${text} ${advice}`)
      setBusy(false)
    }
  }
  return (
    <Dialog title={title} onClose={onClose}>
      <form class="settings-form" onSubmit={(event) => void submit(event)} noValidate>
        {children}
        <Field label="What you call it" value={label} onInput={setLabel} problem={problem} hint="It can be seen while the vault is locked." inputRef={input} />
        {isBusy && waiting !== undefined && <Waiting>{waiting}</Waiting>}
        <div class="button-row button-row-end">
          <Button onClick={onClose}>Cancel</Button>
          <Button type="submit" kind="primary" disabled={isBusy}>{confirm}</Button>
        </div>
      </form>
    </Dialog>
  )
}
