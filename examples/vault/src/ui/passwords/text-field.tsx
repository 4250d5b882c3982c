import type { ComponentChild } from 'preact'
import { useId } from 'preact/hooks'
import { unwatched } from './secret-field.js'

export interface TextFieldProps {
  readonly label: string
  readonly value: string
  readonly onInput: (value: string) => void
  /** For text of several lines. */
  readonly isText?: boolean | undefined
  readonly hint?: string | undefined
  readonly problem?: string | undefined
}

/** A field whose content is shown but private: nothing but the page shall look at it. */
export function TextField({ label, value, onInput, isText = false, hint, problem }: TextFieldProps): ComponentChild {
  const id = useId()
  const shared = {
    ...unwatched,
    id,
    value,
    'aria-invalid': problem === undefined ? undefined : true,
    'aria-describedby': hint === undefined && problem === undefined ? undefined : `${id}-more`,
  }
  return (
    <div class="field">
      <label for={id}>{label}</label>
      {isText ? (
        <textarea {...shared} rows={4} onInput={(event) => onInput(event.currentTarget.value)} />
      ) : (
        <input {...shared} type="text" onInput={(event) => onInput(event.currentTarget.value)} />
      )}
      {(problem ?? hint) !== undefined && (
        <small id={`${id}-more`} class={problem === undefined ? 'hint' : 'problem'}>
          {problem ?? hint}
        </small>
      )}
    </div>
  )
}
