import type { ComponentChild } from 'preact'
import { Timer } from 'lucide-preact'
import { secondsToLock } from '../../model/auto-lock.js'

/** From here on each second counts. */
const SOON_SECONDS = 60

/** How long until the vault locks by itself, in minutes and at last in seconds. Only the last minute is read out, once. */
export function Countdown(): ComponentChild {
  const seconds = secondsToLock.value
  if (seconds === undefined) return null
  const isSoon = seconds <= SOON_SECONDS
  const left = isSoon ? `${seconds} s` : `${Math.ceil(seconds / 60)} min`
  return (
    <>
      <span class={isSoon ? 'shell-countdown shell-countdown-soon' : 'shell-countdown'} role="timer" title="Locks by itself when nobody is there">
        <Timer aria-hidden="true" />
        <span class="visually-hidden">Locks by itself in </span>
        {left}
      </span>
      <span class="visually-hidden" role="status">
        {isSoon ? 'The vault locks by itself in a minute.' : ''}
      </span>
    </>
  )
}
