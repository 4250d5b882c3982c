import type { ComponentChild } from 'preact'
import { useEffect, useState } from 'preact/hooks'
import { ENOUGH, estimateStrength, type Strength } from '../../model/password-strength.js'
import { Checkbox } from '../controls/checkbox.js'
import { Field } from '../controls/field.js'

/** A new password while it is typed, twice. */
export interface NewPassword {
  readonly first: string
  readonly second: string
  readonly mayBeWeak: boolean
}

export const noPassword: NewPassword = { first: '', second: '', mayBeWeak: false }

export interface NewPasswordFieldsProps {
  readonly label: string
  readonly value: NewPassword
  readonly onChange: (value: NewPassword) => void
  /** Words that an attacker would try first. */
  readonly known: readonly string[]
  readonly problem?: string | undefined
}

const PAUSE_MS = 120

/** Fields for a new password: how strong it is, and once more against typing mistakes. */
export function NewPasswordFields({ label, value, onChange, known, problem }: NewPasswordFieldsProps): ComponentChild {
  const strength = useStrength(value.first, known)
  const isDifferent = value.second !== '' && value.second !== value.first
  return (
    <>
      <Field
        label={label}
        type="password"
        autoComplete="new-password"
        value={value.first}
        onInput={(first) => onChange({ ...value, first })}
        hint="Several words that do not belong together are strong, and easy to remember."
        problem={problem}
      />
      <div class="strength" aria-live="polite">
        {strength && (
          <>
            <meter class={`strength-meter strength-${strength.score}`} min={0} max={4} value={strength.score} aria-label="Strength" />
            <small>
              {strength.text}. {strength.advice}
            </small>
          </>
        )}
      </div>
      <Field
        label={`${label} again`}
        type="password"
        autoComplete="new-password"
        value={value.second}
        onInput={(second) => onChange({ ...value, second })}
        problem={isDifferent && value.second.length >= value.first.length ? 'The two are different.' : undefined}
      />
      {strength && strength.score < ENOUGH && (
        <Checkbox
          label="Take this weak password all the same"
          hint="Whoever gets hold of this browser’s data, or of an exported vault, can guess it."
          checked={value.mayBeWeak}
          onChange={(mayBeWeak) => onChange({ ...value, mayBeWeak })}
        />
      )}
    </>
  )
}

/** What is wrong with a new password, in words. */
export async function passwordProblem({ first, second, mayBeWeak }: NewPassword, known: readonly string[]): Promise<string | undefined> {
  if (first === '') return 'Choose a password.'
  if (first !== second) return 'The two passwords are different.'
  if (mayBeWeak) return undefined
  const strength = await estimate(first, known)
  return strength && strength.score < ENOUGH ? 'This password is too weak. Make it longer, or say below that you take it all the same.' : undefined
}

function useStrength(password: string, known: readonly string[]): Strength | undefined {
  const [strength, setStrength] = useState<Strength>()
  useEffect(() => {
    if (password === '') {
      setStrength(undefined)
      return undefined
    }
    let isCurrent = true
    const timer = setTimeout(() => {
      void estimate(password, known).then((found) => isCurrent && setStrength(found))
    }, PAUSE_MS)
    return () => {
      isCurrent = false
      clearTimeout(timer)
    }
  }, [password, ...known])
  return strength
}

/** `undefined` where the word lists cannot be loaded: that is no reason to have no vault. */
async function estimate(password: string, known: readonly string[]): Promise<Strength | undefined> {
  try {
    return await estimateStrength(password, known)
  } catch {
    return undefined
  }
}
