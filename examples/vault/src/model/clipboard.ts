import { signal } from '@preact/signals'
import { beforeLock } from './lock.js'
import { notify } from './notices.js'

/** How long something secret stays in the clipboard. */
export const CLIPBOARD_SECONDS = 30

/** What was copied and is to be taken out of the clipboard again. */
export interface ClipboardHold {
  /** What it is, in the user's words: never the text itself. */
  readonly what: string
  readonly secondsLeft: number
  /** `waiting` once the time is up, but the browser lets a page change the clipboard only when it is in front, or at a click. */
  readonly state: 'counting' | 'waiting'
}

export const clipboardHold = signal<ClipboardHold | undefined>(undefined)

/** The hash of what was put there: enough to see whether it is still there. */
let held: Uint8Array | undefined
let copies = 0
let timer: ReturnType<typeof setInterval> | undefined
let unregister: (() => void) | undefined

/**
 * Copies something secret, and takes it out of the clipboard after {@link CLIPBOARD_SECONDS}. Call it within the event of a
 * click: some browsers
 * let a page write to the clipboard only then, and so the text may come later.
 * @throws DOMException where the browser refuses.
 */
export async function copySecret(what: string, text: Promise<string>): Promise<void> {
  const plain = text.then((secret) => new Blob([secret], { type: 'text/plain' }))
  await navigator.clipboard.write([new ClipboardItem({ 'text/plain': plain })])
  copies += 1
  const copy = copies
  const until = Date.now() + CLIPBOARD_SECONDS * 1000
  const hash = await hashOf(await text)
  // Another one has taken its place.
  if (copy !== copies) return
  release()
  held = hash
  clipboardHold.value = { what, secondsLeft: CLIPBOARD_SECONDS, state: 'counting' }
  unregister = beforeLock(clearClipboard)
  document.addEventListener('copy', release)
  document.addEventListener('cut', release)
  timer = setInterval(() => {
    const secondsLeft = Math.max(0, Math.ceil((until - Date.now()) / 1000))
    if (secondsLeft > 0) clipboardHold.value = { what, secondsLeft, state: 'counting' }
    else void clearClipboard()
  }, 1000)
}

/** Takes what was copied out of the clipboard, now or as soon as the browser lets it. */
export async function clearClipboard(): Promise<void> {
  const hold = clipboardHold.value
  if (hold === undefined) return
  clearInterval(timer)
  try {
    const found = await lookForHeld()
    if (found !== 'something else') await navigator.clipboard.writeText('')
    release()
    notify(endings[found])
  } catch {
    clipboardHold.value = { what: hold.what, secondsLeft: 0, state: 'waiting' }
    addEventListener('focus', clearWhenInFront, { once: true })
  }
}

const endings = {
  'still there': 'The clipboard is cleared.',
  'something else': 'The clipboard holds something else by now, which was left as it is.',
  'not known': 'The clipboard is overwritten with nothing. This browser does not let the vault look what was in it.',
} as const

/** A user who is asked whether a page may read the clipboard would be startled: it looks only where that was allowed before. */
async function lookForHeld(): Promise<keyof typeof endings> {
  if (!(await mayLook())) return 'not known'
  const text = await navigator.clipboard.readText()
  const hash = await hashOf(text)
  return held?.every((byte, i) => byte === hash[i]) === true ? 'still there' : 'something else'
}

async function mayLook(): Promise<boolean> {
  try {
    // Known to Chromium alone, and so not to the types.
    const { state } = await navigator.permissions.query({ name: 'clipboard-read' as PermissionName })
    return state === 'granted'
  } catch {
    return false
  }
}

function clearWhenInFront(): void {
  void clearClipboard()
}

/** Forgets what was copied: it is gone from the clipboard, or something else has taken its place. */
function release(): void {
  clearInterval(timer)
  unregister?.()
  held = undefined
  clipboardHold.value = undefined
  removeEventListener('focus', clearWhenInFront)
  document.removeEventListener('copy', release)
  document.removeEventListener('cut', release)
}

async function hashOf(text: string): Promise<Uint8Array> {
  return new Uint8Array(await crypto.subtle.digest('SHA-256', new TextEncoder().encode(text)))
}
