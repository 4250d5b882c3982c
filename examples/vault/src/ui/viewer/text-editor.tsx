import type { Member } from '@coffer/core'
import type { ComponentChild } from 'preact'
import { useLayoutEffect, useRef, useState } from 'preact/hooks'
import { explainError, type Explanation } from '../../model/explain-error.js'
import { beforeLock } from '../../model/lock.js'
import type { VaultSession } from '../../model/session.js'
import { saveText, type EditableText } from '../../model/text-edit.js'
import { markUnsaved } from '../../model/unsaved.js'
import { hasEdits } from '../../model/viewer.js'
import { Button } from '../controls/button.js'

export interface SavedText {
  readonly member: Member
  readonly bytes: Uint8Array
}

export interface TextEditorProps {
  readonly session: VaultSession
  readonly member: Member
  readonly original: EditableText
  /** Called when nothing is to be changed any more, with what was saved. */
  readonly onEnd: (saved?: SavedText) => void
}

/** Changes a text in its place. */
export function TextEditor({ session, member, original, onEnd }: TextEditorProps): ComponentChild {
  const field = useRef<HTMLTextAreaElement>(null)
  const [isChanged, setChanged] = useState(false)
  const [isSaving, setSaving] = useState(false)
  const [problem, setProblem] = useState<Explanation>()

  const save = async (): Promise<void> => {
    if (!field.current || isSaving) return
    setSaving(true)
    try {
      const bytes = original.bytes(field.current.value)
      const saved = await saveText(session, member, bytes)
      hasEdits.value = false
      onEnd({ member: saved, bytes })
    } catch (error) {
      setProblem(explainError(error))
      throw error
    } finally {
      setSaving(false)
    }
  }
  const saveAndTell = (): void => void save().catch(() => undefined)

  // Both before the next key, which may come sooner than the browser paints: what is typed goes into the field, and Escape does not give it up.
  useLayoutEffect(() => field.current?.focus(), [])
  useLayoutEffect(() => {
    hasEdits.value = isChanged
    if (!isChanged) return undefined
    const isSaved = markUnsaved()
    const takeBack = beforeLock(save)
    return () => {
      hasEdits.value = false
      isSaved()
      takeBack()
    }
  }, [isChanged])

  return (
    <div class="viewer-body viewer-text">
      <textarea
        ref={field}
        class="viewer-editor"
        aria-label="Text"
        spellcheck={false}
        autocomplete="off"
        defaultValue={original.text}
        readOnly={isSaving}
        onInput={({ currentTarget }) => setChanged(currentTarget.value !== original.text)}
        onKeyDown={(event) => {
          if (event.key !== 's' || !(event.ctrlKey || event.metaKey)) return
          event.preventDefault()
          if (isChanged) saveAndTell()
        }}
      />
      <footer class="viewer-tools">
        <span role="status">{isSaving ? 'Saving …' : isChanged ? 'Not saved' : ''}</span>
        {problem && (
          <span role="alert" class="viewer-text-problem">
            {`${problem.text} ${problem.advice}`}
          </span>
        )}
        <span class="viewer-actions">
          <Button disabled={isSaving} onClick={() => onEnd()}>
            {isChanged ? 'Give up changes' : 'Cancel'}
          </Button>
          <Button kind="primary" disabled={!isChanged || isSaving} onClick={saveAndTell}>
            Save
          </Button>
        </span>
      </footer>
    </div>
  )
}
