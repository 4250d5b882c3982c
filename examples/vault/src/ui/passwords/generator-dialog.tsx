import type { CharacterKind } from '@coffer/core'
import { Copy, RefreshCw } from 'lucide-preact'
import type { ComponentChild } from 'preact'
import { useId, useLayoutEffect, useMemo, useState } from 'preact/hooks'
import { copySecret } from '../../model/clipboard.js'
import { generatedStrength } from '../../model/generated-strength.js'
import { notify } from '../../model/notices.js'
import { generatePassword } from '../../model/passwords.js'
import type { VaultSession } from '../../model/session.js'
import { Button } from '../controls/button.js'
import { Checkbox } from '../controls/checkbox.js'
import { Dialog } from '../controls/dialog.js'

const LEAST = 4
const MOST = 128

const kinds: readonly { readonly kind: CharacterKind; readonly label: string }[] = [
  { kind: 'lower', label: 'Small letters (a–z)' },
  { kind: 'upper', label: 'Capital letters (A–Z)' },
  { kind: 'digit', label: 'Digits (0–9)' },
  { kind: 'symbol', label: 'Symbols (!#$…)' },
]

export interface GeneratorDialogProps {
  readonly session: VaultSession
  /** Takes the password, where there is a field to put it in. */
  readonly onUse?: ((password: string) => void) | undefined
  readonly onClose: () => void
}

/** Makes random passwords. */
export function GeneratorDialog({ session, onUse, onClose }: GeneratorDialogProps): ComponentChild {
  const id = useId()
  const [length, setLength] = useState(20)
  const [characters, setCharacters] = useState<readonly CharacterKind[]>(kinds.map(({ kind }) => kind))
  const [readable, setReadable] = useState(false)
  const [round, setRound] = useState(0)
  const asked = useMemo(() => ({ length, characters, readable }), [length, characters, readable, round])
  const [made, setMade] = useState({ asked, password: '' })
  // What was made for other settings is neither shown nor used. Made before the browser paints, it is not seen to go.
  const password = made.asked === asked ? made.password : ''
  useLayoutEffect(() => {
    let isCurrent = true
    const failed = (): void => notify('The vault was locked: no password was made.')
    generatePassword(session, asked).then((password) => isCurrent && setMade({ asked, password }), () => isCurrent && failed())
    return () => {
      isCurrent = false
    }
  }, [session, asked])
  const strength = generatedStrength(length, characters, readable)
  const changeLength = (typed: string): void => {
    const asked = Math.trunc(Number(typed))
    if (asked >= LEAST && asked <= MOST) setLength(asked)
  }
  const toggle = (kind: CharacterKind): void =>
    setCharacters(characters.includes(kind) ? characters.filter((other) => other !== kind) : [...characters, kind])
  const copy = async (): Promise<void> => {
    try {
      await copySecret('Password', Promise.resolve(password))
    } catch {
      notify('The browser did not let the vault copy it: mark it, and copy it by hand.')
    }
  }
  return (
    <Dialog title="Make a password" onClose={onClose}>
      <div class="generator">
        <output class="generated" aria-label="Password made">
          {Array.from(password, (letter, i) => (
            <span key={i} class={classOf(letter)}>
              {letter}
            </span>
          ))}
        </output>
        <p class={`strength strength-${strength.level}`} role="status">
          <span class="strength-bar" aria-hidden="true" />
          <span>
            {strength.words} <span class="hint">About {strength.bits} bits.</span>
          </span>
        </p>
        <div class="generator-length">
          <label for={id}>Length</label>
          <input
            id={id}
            type="range"
            min={LEAST}
            max={64}
            value={Math.min(length, 64)}
            onInput={(event) => changeLength(event.currentTarget.value)}
          />
          <input
            class="input"
            type="number"
            aria-label="Length in characters"
            min={LEAST}
            max={MOST}
            value={length}
            onInput={(event) => changeLength(event.currentTarget.value)}
          />
        </div>
        <fieldset class="generator-kinds">
          <legend>Made of</legend>
          {kinds.map(({ kind, label }) => (
            <Checkbox
              key={kind}
              label={label}
              checked={characters.includes(kind)}
              disabled={characters.length === 1 && characters.includes(kind)}
              onChange={() => toggle(kind)}
            />
          ))}
          <Checkbox label="Without what looks alike (I l 1, O 0 o)" checked={readable} onChange={setReadable} />
        </fieldset>
        <footer class="button-row button-row-end">
          <Button onClick={() => setRound(round + 1)}>
            <RefreshCw aria-hidden /> Another one
          </Button>
          <Button kind={onUse ? 'plain' : 'primary'} disabled={password === ''} onClick={() => void copy()}>
            <Copy aria-hidden /> Copy
          </Button>
          {onUse && (
            <Button kind="primary" disabled={password === ''} onClick={() => onUse(password)}>
              Use it
            </Button>
          )}
        </footer>
      </div>
    </Dialog>
  )
}

function classOf(letter: string): string | undefined {
  if (/\d/.test(letter)) return 'is-digit'
  return /[a-z]/i.test(letter) ? undefined : 'is-symbol'
}
