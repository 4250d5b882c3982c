import type { ComponentChild } from 'preact'
import { hiddenChoices, idleChoices } from '../../model/auto-lock-choice.js'
import { autoLock, chooseAutoLock } from '../../model/lock.js'
import type { VaultSession } from '../../model/session.js'
import { chooseTheme, theme, type Theme } from '../../model/theme.js'
import { Select } from '../controls/select.js'

const idleWords = (minutes: number): string => (minutes === 0 ? 'Never' : minutes === 1 ? 'After a minute' : minutes === 60 ? 'After an hour' : `After ${minutes} minutes`)

function hiddenWords(seconds: number | undefined): string {
  if (seconds === undefined) return 'Never'
  if (seconds === 0) return 'At once'
  return seconds < 60 ? `After ${seconds} seconds` : `After ${seconds / 60} minutes`
}

const themes: readonly { readonly value: Theme; readonly label: string }[] = [
  { value: 'system', label: 'As the device' },
  { value: 'light', label: 'Light' },
  { value: 'dark', label: 'Dark' },
]

/** When the vault locks by itself, and how it looks. */
export function LockingSection({ session }: { readonly session: VaultSession }): ComponentChild {
  const { idleMinutes, hiddenSeconds } = autoLock.value
  return (
    <section aria-labelledby="locking-title">
      <h2 id="locking-title">Locking and looks</h2>
      <div class="settings-choices">
        <Select
          label="Lock when nobody is there"
          value={String(idleMinutes)}
          options={idleChoices.map((minutes) => ({ value: String(minutes), label: idleWords(minutes) }))}
          onChange={(minutes) => void chooseAutoLock(session, { idleMinutes: Number(minutes), hiddenSeconds })}
          hint="What plays or is under way holds it off."
        />
        <Select
          label="Lock when the tab is hidden"
          value={String(hiddenSeconds)}
          options={hiddenChoices.map((seconds) => ({ value: String(seconds), label: hiddenWords(seconds) }))}
          onChange={(chosen) => void chooseAutoLock(session, { idleMinutes, hiddenSeconds: hiddenChoices.find((seconds) => String(seconds) === chosen) })}
          hint="Behind another tab or window, or the screen off."
        />
        <Select label="Colours" value={theme.value} options={themes} onChange={chooseTheme} />
      </div>
    </section>
  )
}
