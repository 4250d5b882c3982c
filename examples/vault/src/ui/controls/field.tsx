import type { ComponentChild, InputHTMLAttributes } from 'preact'
import { useId } from 'preact/hooks'

export interface FieldProps {
  readonly label: string
  readonly value: string
  readonly onInput: (value: string) => void
  readonly type?: 'text' | 'password' | 'search' | 'url' | undefined
  readonly hint?: string | undefined
  readonly problem?: string | undefined
  readonly autoComplete?: string | undefined
  readonly required?: boolean | undefined
}

/** A line of input with its label, a hint, and what is wrong with it. */
export function Field({ label, value, onInput, type = 'text', hint, problem, autoComplete = 'off', required }: FieldProps): ComponentChild {
  const id = useId()
  // Preact ties roles to each type of input; a type that is only known at run time fits none of them.
  const typed = { type } as InputHTMLAttributes
  return (
    <p class="field">
      <label for={id}>{label}</label>
      <input
        {...typed}
        id={id}
        value={value}
        required={required}
        autocomplete={autoComplete}
        aria-invalid={problem === undefined ? undefined : true}
        aria-describedby={hint === undefined && problem === undefined ? undefined : `${id}-more`}
        onInput={(event) => onInput(event.currentTarget.value)}
      />
      {(problem ?? hint) !== undefined && (
        <small id={`${id}-more`} class={problem === undefined ? 'hint' : 'problem'}>
          {problem ?? hint}
        </small>
      )}
    </p>
  )
}
