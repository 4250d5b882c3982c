import { Eye, EyeOff } from 'lucide-preact'
import type { ComponentChild, InputHTMLAttributes } from 'preact'
import { useId, useState } from 'preact/hooks'
import { Button } from '../controls/button.js'

export interface SecretFieldProps {
  readonly label: string
  readonly value: string
  readonly onInput: (value: string) => void
  readonly hint?: string | undefined
  readonly problem?: string | undefined
  readonly placeholder?: string | undefined
  /** Further buttons behind the field. */
  readonly children?: ComponentChild
}

/**
 * What keeps a browser, its extensions and a phone's keyboard from keeping, sending or correcting what is typed into a field.
 */
export const unwatched = {
  autocomplete: 'off',
  // So spelled it is set as an attribute; the property is true for any text.
  autoCorrect: 'off',
  autocapitalize: 'none',
  spellcheck: false,
  writingsuggestions: 'false',
  'data-1p-ignore': true,
  'data-bwignore': true,
  'data-lpignore': 'true',
  'data-form-type': 'other',
  'data-gramm': 'false',
} as const

/** A line for something secret, as dots until it is shown. */
export function SecretField({ label, value, onInput, hint, problem, placeholder, children }: SecretFieldProps): ComponentChild {
  const id = useId()
  const [shown, setShown] = useState(false)
  // Preact ties roles to each type of input; a type that is only known at run time fits none of them.
  const typed = { type: shown ? 'text' : 'password', ...unwatched } as InputHTMLAttributes
  return (
    <div class="field">
      <label for={id}>{label}</label>
      <span class="form-line">
        <input
          {...typed}
          id={id}
          value={value}
          placeholder={placeholder}
          aria-invalid={problem === undefined ? undefined : true}
          aria-describedby={hint === undefined && problem === undefined ? undefined : `${id}-more`}
          onInput={(event) => onInput(event.currentTarget.value)}
        />
        <Button kind="quiet" label={shown ? `Hide ${label.toLowerCase()}` : `Show ${label.toLowerCase()}`} onClick={() => setShown(!shown)}>
          {shown ? <EyeOff aria-hidden /> : <Eye aria-hidden />}
        </Button>
        {children}
      </span>
      {(problem ?? hint) !== undefined && (
        <small id={`${id}-more`} class={problem === undefined ? 'hint' : 'problem'}>
          {problem ?? hint}
        </small>
      )}
    </div>
  )
}
