import { signal } from '@preact/signals'

/** A line that tells what was done, for a while, with a way to undo it where there is one. */
export interface Notice {
  readonly id: number
  readonly text: string
  readonly action?: { readonly label: string; readonly run: () => unknown } | undefined
}

export const notices = signal<readonly Notice[]>([])
let ids = 0

/** More would hide what they tell of. */
const MOST_SHOWN = 3

/** Shows a line for some seconds, longer with a way to undo it, or until it is dismissed. */
export function notify(text: string, action?: Notice['action'], shownMs = action ? 8000 : 5000): void {
  ids += 1
  const notice: Notice = { id: ids, text, action }
  notices.value = [...notices.value, notice].slice(-MOST_SHOWN)
  setTimeout(() => dismissNotice(notice), shownMs)
}

export function dismissNotice(notice: Notice): void {
  notices.value = notices.value.filter((other) => other !== notice)
}
