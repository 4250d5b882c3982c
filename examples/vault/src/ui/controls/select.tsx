import type { ComponentChild } from 'preact'
import { useId } from 'preact/hooks'

export interface SelectProps<T extends string> {
  readonly label: string
  readonly value: T
  readonly options: readonly { readonly value: T; readonly label: string }[]
  readonly onChange: (value: T) => void
  readonly hint?: string | undefined
  readonly disabled?: boolean | undefined
}

/** One of a few: the browser's own list. */
export function Select<T extends string>({ label, value, options, onChange, hint, disabled }: SelectProps<T>): ComponentChild {
  const id = useId()
  return (
    <div class="field">
      <label for={id}>{label}</label>
      <select
        id={id}
        value={value}
        disabled={disabled}
        aria-describedby={hint === undefined ? undefined : `${id}-more`}
        onChange={(event) => onChange(event.currentTarget.value as T)}
      >
        {options.map((option) => (
          <option key={option.value} value={option.value}>
            {option.label}
          </option>
        ))}
      </select>
      {hint !== undefined && (
        <small id={`${id}-more`} class="hint">
          {hint}
        </small>
      )}
    </div>
  )
}
