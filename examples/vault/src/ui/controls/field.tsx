import type { ComponentChild, InputHTMLAttributes, RefObject } from 'preact'
import { useId, useState } from 'preact/hooks'
import { Eye, EyeOff } from 'lucide-preact'
import { Button } from './button.js'

export interface FieldProps {
  readonly label: string
  readonly value: string
  readonly onInput: (value: string) => void
  /** A password gets a button that shows it. */
  readonly type?: 'text' | 'password' | 'search' | 'url' | undefined
  readonly hint?: string | undefined
  /** What is wrong; read out when it comes. */
  readonly problem?: string | undefined
  readonly autoComplete?: string | undefined
  readonly required?: boolean | undefined
  readonly disabled?: boolean | undefined
  readonly onKeyDown?: ((event: KeyboardEvent) => void) | undefined
  readonly inputRef?: RefObject<HTMLInputElement | null> | undefined
}

/** A line of input with its label, a hint, and what is wrong with it. */
export function Field({ label, value, onInput, type = 'text', hint, problem, autoComplete = 'off', required, disabled, onKeyDown, inputRef }: FieldProps): ComponentChild {
  const id = useId()
  const [isShown, setShown] = useState(false)
  const isSecret = type === 'password'
  // Preact ties roles to each type of input; a type that is only known at run time fits none of them.
  const typed = { type: isSecret && isShown ? 'text' : type } as InputHTMLAttributes
  return (
    <div class="field">
      <label for={id}>{label}</label>
      <div class="field-line">
        <input
          {...typed}
          id={id}
          ref={inputRef ?? null}
          value={value}
          required={required}
          disabled={disabled}
          autocomplete={autoComplete}
          spellcheck={false}
          autocapitalize={isSecret ? 'none' : undefined}
          data-with-button={isSecret ? true : undefined}
          aria-invalid={problem === undefined ? undefined : true}
          aria-describedby={hint === undefined && problem === undefined ? undefined : `${id}-more`}
          onKeyDown={onKeyDown}
          onInput={(event) => onInput(event.currentTarget.value)}
        />
        {isSecret && (
          <Button kind="quiet" label={isShown ? 'Hide' : 'Show'} onClick={() => setShown(!isShown)}>
            {isShown ? <EyeOff /> : <Eye />}
          </Button>
        )}
      </div>
      <small id={`${id}-more`} class={problem === undefined ? 'hint' : 'problem'} role={problem === undefined ? undefined : 'alert'}>
        {problem ?? hint}
      </small>
    </div>
  )
}
