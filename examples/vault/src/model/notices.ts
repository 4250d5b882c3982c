import { signal } from '@preact/signals'

/** A line that tells what was done, for a while, with a way to undo it where there is one. */
export interface Notice {
  readonly id: number
  readonly text: string
  readonly action?: { readonly label: string; readonly run: () => unknown } | undefined
}

export const notices = signal<readonly Notice[]>([])
let ids = 0

/** More would hide what they tell of. Those that may be the only way back come before those that only tell. */
const MOST_SHOWN = 3
const MOST_WITH_ACTION = 8

/** Shows a line for some seconds, longer with a way to undo it, or until it is dismissed. */
export function notify(text: string, action?: Notice['action'], shownMs = action ? 8000 : 5000): void {
  ids += 1
  const notice: Notice = { id: ids, text, action }
  const all = [...notices.value, notice]
  const kept = all.filter((other) => other.action).slice(-MOST_WITH_ACTION)
  const telling = all.filter((other) => !other.action).slice(-Math.max(1, MOST_SHOWN - kept.length))
  notices.value = all.filter((other) => kept.includes(other) || telling.includes(other))
  setTimeout(() => dismissNotice(notice), shownMs)
}

export function dismissNotice(notice: Notice): void {
  notices.value = notices.value.filter((other) => other !== notice)
}
