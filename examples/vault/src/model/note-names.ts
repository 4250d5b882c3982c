import { foldCase } from './passwords.js'

/**
 * Where notes are kept: each is a plain text file, `Notes/<title>.txt`, so that PyCoffer, the command and the files pane have
 * them as what
 * they are.
 */
export const NOTES_FOLDER = 'Notes/'
const EXTENSION = '.txt'
const MOST_NAME_BYTES = 200

/**
 * Characters that some system does not take in a file name, and their wide twins, which stand for them there (as rclone has it).
 */
const forbidden = '/\\:*?"<>|'
const twins = '／＼：＊？＂＜＞｜'
const reservedOnWindows = /^(con|prn|aux|nul|com\d|lpt\d)(\.|$)/i

/** The member of a note of that title. */
export function noteName(title: string): string {
  const safe = Array.from(cleanTitle(title), (letter) => twins[forbidden.indexOf(letter)] ?? letter).join('')
  return `${NOTES_FOLDER}${safe}${EXTENSION}`
}

/** The title of a note by its member; `undefined` for a member that is none. */
export function noteTitle(name: string): string | undefined {
  if (!name.startsWith(NOTES_FOLDER) || !name.endsWith(EXTENSION)) return undefined
  const safe = name.slice(NOTES_FOLDER.length, -EXTENSION.length)
  if (safe === '' || safe.includes('/')) return undefined
  return Array.from(safe, (letter) => forbidden[twins.indexOf(letter)] ?? letter).join('')
}

/** A title on one line, without spaces at its ends. */
export function cleanTitle(title: string): string {
  return title.normalize('NFC').replaceAll(/[\s\p{Cc}]+/gu, ' ').trim()
}

/** What is wrong with a title, in words; `undefined` for a good one. */
export function titleProblem(title: string): string | undefined {
  const clean = cleanTitle(title)
  if (clean === '') return 'A note needs a title.'
  if (/^\.+$/.test(clean)) return 'A title cannot be dots alone.'
  if (reservedOnWindows.test(clean)) return 'Windows keeps this name for itself: choose another title.'
  return new TextEncoder().encode(noteName(clean)).length > MOST_NAME_BYTES ? 'This title is too long for the name of a file.' : undefined
}

/**
 * `title`, or `title 2` and so on where there is one: not only of the same letters, since some systems do not tell small from
 * capital.
 */
export function freeTitle(title: string, taken: Iterable<string>): string {
  const all = new Set(Array.from(taken, foldCase))
  for (let number = 1; ; number += 1) {
    const candidate = number === 1 ? title : `${title} ${number}`
    if (!all.has(foldCase(candidate))) return candidate
  }
}
