import { signal } from '@preact/signals'
import { ArrowLeft, Pin, PinOff, Trash2 } from 'lucide-preact'
import type { ComponentChild } from 'preact'
import { useLayoutEffect, useRef } from 'preact/hooks'
import type { NoteDraft } from '../../model/note-draft.js'
import type { VaultSession } from '../../model/session.js'
import { Button } from '../controls/button.js'
import { Callout } from '../controls/callout.js'
import { Checkbox } from '../controls/checkbox.js'
import { unwatched } from '../passwords/secret-field.js'

/**
 * Whether the browser checks the spelling. No page can find out whether that happens on the device or at the browser's maker, so
 * it is off until the
 * user, who can, says so.
 */
const spelling = signal(false)

export interface NoteEditorProps {
  readonly session: VaultSession
  readonly draft: NoteDraft
  readonly isPinned: boolean
  readonly onBack: () => void
  readonly onPin: (pinned: boolean) => void
  readonly onDelete: () => void
}

/** A note: its title and its text, which are saved by themselves. */
export function NoteEditor({ session, draft, isPinned, onBack, onPin, onDelete }: NoteEditorProps): ComponentChild {
  const title = useRef<HTMLInputElement>(null)
  const text = useRef<HTMLTextAreaElement>(null)
  const readOnly = !session.writable.value
  const isSaved = draft.name.value !== undefined
  const state = draft.state.value
  // Before the next key, which may come sooner than the browser paints.
  useLayoutEffect(() => (isSaved ? text : title).current?.focus(), [draft])
  return (
    <article class="note" aria-labelledby="note-name">
      <h1 id="note-name" class="visually-hidden">
        {draft.title.value === '' ? 'New note' : draft.title.value}
      </h1>
      <header class="note-head">
        <span class="detail-back">
          <Button kind="quiet" label="Back to the list" onClick={onBack}>
            <ArrowLeft aria-hidden />
          </Button>
        </span>
        <input
          {...unwatched}
          ref={title}
          class="note-title"
          type="text"
          aria-label="Title"
          aria-invalid={draft.titleProblem.value === undefined ? undefined : true}
          aria-describedby={draft.titleProblem.value === undefined ? undefined : 'note-title-problem'}
          placeholder="Title"
          autocapitalize="sentences"
          readOnly={readOnly}
          value={draft.title.value}
          onInput={(event) => draft.setTitle(event.currentTarget.value)}
          onBlur={() => void draft.save()}
          onKeyDown={(event) => {
            if (event.key !== 'Enter') return
            // Else the key goes on into the text, as an empty line.
            event.preventDefault()
            text.current?.focus()
          }}
        />
        <Button kind="quiet" label={isPinned ? 'Unpin' : 'Pin to the top'} disabled={readOnly || !isSaved} onClick={() => onPin(!isPinned)}>
          {isPinned ? <PinOff aria-hidden /> : <Pin aria-hidden />}
        </Button>
        <Button kind="quiet" label="Delete" disabled={readOnly} onClick={onDelete}>
          <Trash2 aria-hidden />
        </Button>
      </header>
      {draft.titleProblem.value !== undefined && (
        <p class="problem note-problem" id="note-title-problem" role="alert">
          {draft.titleProblem.value} The note keeps its old title until then.
        </p>
      )}
      <Troubles draft={draft} />
      <textarea
        {...unwatched}
        ref={text}
        class="note-text"
        aria-label="Text of the note"
        placeholder="Write…"
        autocapitalize="sentences"
        spellcheck={spelling.value}
        readOnly={readOnly || state === 'changed' || state === 'gone'}
        // As the field has it: it knows one kind of line ends.
        value={draft.text.value.replaceAll('\r\n', '\n')}
        onInput={(event) => draft.setText(event.currentTarget.value)}
        onBlur={() => void draft.save()}
      />
      <footer class="note-foot">
        <span role="status">{readOnly ? 'Read only: another tab is changing this vault' : words[state]}</span>
        <details>
          <summary>Spelling</summary>
          <Checkbox
            label="Check the spelling"
            hint="Only if your browser does so on this device. Chrome’s “enhanced” check, Edge’s editor and some extensions send what you type to their makers, and a page cannot tell."
            checked={spelling.value}
            onChange={(checked) => (spelling.value = checked)}
          />
        </details>
      </footer>
    </article>
  )
}

const words = {
  saved: 'Saved',
  edited: 'Not saved yet',
  saving: 'Saving…',
  failed: 'Not saved',
  changed: 'Not saved',
  gone: 'Not in the vault any more',
} as const

function Troubles({ draft }: { readonly draft: NoteDraft }): ComponentChild {
  const problem = draft.problem.value
  switch (draft.state.value) {
    case 'failed':
      return (
        <div class="note-trouble">
          <Callout isProblem>
            <p>
              It could not be saved. {problem?.text} {problem?.advice}
            </p>
            <Button onClick={() => void draft.save()}>Try again</Button>
          </Callout>
        </div>
      )
    case 'changed':
      return (
        <div class="note-trouble">
          <Callout isProblem>
            <p>This note was changed elsewhere while you were writing. What shall be kept?</p>
            <span class="button-row">
              <Button kind="primary" onClick={() => void draft.resolve('both')}>
                Both, as two notes
              </Button>
              <Button onClick={() => void draft.resolve('mine')}>What is here</Button>
              <Button onClick={() => void draft.resolve('theirs')}>What is there</Button>
            </span>
          </Callout>
        </div>
      )
    case 'gone':
      return (
        <div class="note-trouble">
          <Callout isProblem>
            <p>This note was deleted or renamed elsewhere.</p>
            <Button onClick={() => void draft.resolve('both')}>Keep this text as a note</Button>
          </Callout>
        </div>
      )
    default:
      return null
  }
}
