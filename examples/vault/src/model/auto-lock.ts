import { signal, type ReadonlySignal } from '@preact/signals'
import type { AutoLock } from './auto-lock-choice.js'
import { tasks } from './tasks.js'

const left = signal<number | undefined>(undefined)
/** The seconds until the vault locks for want of somebody, for the shell to show; `undefined` while that is never, or held off. */
export const secondsToLock: ReadonlySignal<number | undefined> = left

const TICK_MS = 1000
/** Other tabs are told of activity at most so often. */
const TELL_MS = 2000
/** A tab that is shown says so a moment after the other one was hidden. */
const SWITCH_MS = 700
const activity = ['pointerdown', 'pointermove', 'keydown', 'wheel', 'touchstart'] as const

export interface Guard {
  /** The user is in another tab of the vault. */
  readonly noteElsewhere: () => void
  readonly stop: () => void
}

export interface GuardOptions {
  readonly choice: () => AutoLock
  readonly lock: (why: 'idle' | 'hidden') => void
  /** Called when the user does something here, now and then. */
  readonly onActive: () => void
}

/** Watches over an open vault, and locks it when nobody is there or sees it. Media that play and tasks that run hold that off. */
export function guardVault({ choice, lock, onActive }: GuardOptions): Guard {
  let lastActive = Date.now()
  let hiddenSince = document.hidden ? Date.now() : undefined
  let lastTold = 0
  const check = (): void => {
    const now = Date.now()
    // A clock that was set back tells nothing of what went by.
    if (isBusy() || now < lastActive) lastActive = now
    if (hiddenSince !== undefined && (isBusy() || now < hiddenSince)) hiddenSince = now
    const { idleMinutes, hiddenSeconds } = choice()
    if (hiddenSince !== undefined && hiddenSeconds !== undefined && now - hiddenSince >= hiddenSeconds * 1000 + SWITCH_MS) {
      lock('hidden')
      return
    }
    const remaining = idleMinutes === 0 ? undefined : Math.max(0, Math.ceil((lastActive + idleMinutes * 60_000 - now) / 1000))
    if (left.value !== remaining) left.value = remaining
    if (remaining === 0) lock('idle')
  }
  const onActivity = (): void => {
    const now = Date.now()
    // After a sleep of the machine the first key comes before any timer.
    if (now - lastActive > TICK_MS) check()
    lastActive = now
    if (now - lastTold < TELL_MS) return
    lastTold = now
    onActive()
  }
  const onVisibility = (): void => {
    if (!document.hidden) {
      check()
      onActivity()
    }
    hiddenSince = document.hidden ? Date.now() : undefined
  }
  for (const name of activity) addEventListener(name, onActivity, { capture: true, passive: true })
  document.addEventListener('visibilitychange', onVisibility)
  const timer = setInterval(check, TICK_MS)
  check()
  return {
    noteElsewhere: () => {
      lastActive = Date.now()
      if (hiddenSince !== undefined) hiddenSince = lastActive
    },
    stop: () => {
      clearInterval(timer)
      for (const name of activity) removeEventListener(name, onActivity, { capture: true })
      document.removeEventListener('visibilitychange', onVisibility)
      left.value = undefined
    },
  }
}

function isBusy(): boolean {
  if (tasks.value.some(({ state }) => state.value === 'running')) return true
  const media = document.querySelectorAll<HTMLMediaElement>('video, audio')
  return [...media].some((element) => !element.paused && !element.ended)
}
