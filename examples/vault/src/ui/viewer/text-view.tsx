import { Pencil, WrapText } from 'lucide-preact'
import type { ComponentChild } from 'preact'
import type { Member } from '@coffer/core'
import { useEffect, useRef, useState } from 'preact/hooks'
import { explainError, type Explanation } from '../../model/explain-error.js'
import type { VaultSession } from '../../model/session.js'
import { editableText, type EditableText } from '../../model/text-edit.js'
import { splitForLayout, TEXT_BYTES, TextPieces } from '../../model/text-preview.js'
import { Button } from '../controls/button.js'
import { formatBytes } from './facts.js'
import { TextEditor, type SavedText } from './text-editor.js'

interface Shown {
  readonly blocks: readonly string[]
  readonly bytes: number
  readonly encoding: string
  /** Where the whole of it can be changed. */
  readonly editable: EditableText | undefined
}

/** Text as it stands, never as what it means. A large one comes in parts. */
export function TextView({ session, member: opened }: { readonly session: VaultSession; readonly member: Member }): ComponentChild {
  /** What was opened, or was saved here since. */
  const [member, setMember] = useState(opened)
  const pieces = useRef(new TextPieces())
  const [wanted, setWanted] = useState(TEXT_BYTES)
  const [shown, setShown] = useState<Shown>()
  const [problem, setProblem] = useState<Explanation>()
  const [wraps, setWraps] = useState(true)
  const [edits, setEdits] = useState(false)

  useEffect(() => {
    const aborted = new AbortController()
    const start = shown?.bytes ?? 0
    const end = Math.min(wanted, member.size)
    const read = async (): Promise<void> => {
      const bytes = await session.coffer.value.read(member.name, { start, end, signal: aborted.signal })
      if (aborted.signal.aborted) return
      const text = pieces.current.next(bytes, end >= member.size)
      const editable = start === 0 && end === member.size ? editableText(bytes) : undefined
      setShown({ blocks: [...(shown?.blocks ?? []), ...splitForLayout(text)], bytes: end, encoding: pieces.current.encoding.name, editable })
    }
    read().catch((error: unknown) => aborted.signal.aborted || setProblem(explainError(error)))
    return () => aborted.abort()
  }, [wanted])

  if (!shown && !problem) return <div class="viewer-body viewer-waiting" role="status" aria-label="Loading" />
  const endEdits = (saved?: SavedText): void => {
    setEdits(false)
    if (!saved) return
    // At once, so that whoever goes on editing does not begin with what it was before.
    const text = new TextPieces().next(saved.bytes, true)
    setMember(saved.member)
    setShown({ blocks: splitForLayout(text), bytes: saved.bytes.length, encoding: shown?.encoding ?? '', editable: editableText(saved.bytes) })
  }
  if (shown?.editable && edits) return <TextEditor session={session} member={member} original={shown.editable} onEnd={endEdits} />
  const isWhole = shown !== undefined && shown.bytes >= member.size
  return (
    <div class="viewer-body viewer-text">
      {/* A place to scroll by keyboard is reached by Tab. */}
      {/* oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex */}
      <div class={`viewer-text-scroll ${wraps ? '' : 'no-wrap'}`} role="region" aria-label="Text" tabIndex={0}>
        <div class="viewer-text-page">
          {shown?.blocks.map((block, i) => <pre key={i}>{block}</pre>)}
          {member.size === 0 && <p class="viewer-text-empty">The file is empty.</p>}
          {problem && (
            <p role="alert" class="viewer-text-problem">
              {problem.text} {problem.advice}
            </p>
          )}
          {!isWhole && !problem && (
            <p class="viewer-text-more">
              <Button onClick={() => setWanted(wanted + TEXT_BYTES)}>Show more</Button>
              <span>{`${formatBytes(shown?.bytes ?? 0)} of ${formatBytes(member.size)}`}</span>
            </p>
          )}
        </div>
      </div>
      <footer class="viewer-tools">
        <span>{shown?.encoding}</span>
        <span class="viewer-actions">
          <button type="button" class="button button-quiet" aria-pressed={wraps} onClick={() => setWraps(!wraps)}>
            <WrapText aria-hidden="true" /> Wrap lines
          </button>
          {shown?.editable && session.writable.value && (
            <Button kind="quiet" onClick={() => setEdits(true)}>
              <Pencil aria-hidden="true" /> Edit
            </Button>
          )}
        </span>
      </footer>
    </div>
  )
}
