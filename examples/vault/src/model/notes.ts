import type { BrowserCoffer } from '@coffer/browser'
import { isCofferError } from '@coffer/core'
import { noteName, NOTES_FOLDER, noteTitle } from './note-names.js'
import { foldCase } from './passwords.js'
import { readVault } from './read-vault.js'
import type { VaultSession } from './session.js'
import type { TaskControl } from './tasks.js'
import { trashPath } from './trash-names.js'
import { offerUndo } from './undo.js'

/** Which notes are pinned is kept beside the data of plugins: it is no file of the user's. */
const PINS_FILE = '.plugins/vault-notes.json'
/** What is not larger is looked through when the text of notes is searched. */
export const MOST_SEARCHED_BYTES = 64 << 10
/** What is larger is no note that a person typed, and would make a field of text slow. */
export const MOST_EDITED_BYTES = 2 << 20

/** What the list shows of a note. */
export interface NoteInfo {
  /** Of the member. */
  readonly name: string
  readonly title: string
  readonly modified: Date
  readonly bytes: number
  readonly pinned: boolean
}

export type NoteOrder = 'newest' | 'title'

/** Those that are pinned first, and each part in that order. */
export function sortNotes(notes: readonly NoteInfo[], order: NoteOrder): readonly NoteInfo[] {
  const byTitle = (a: NoteInfo, b: NoteInfo): number => a.title.localeCompare(b.title, undefined, { numeric: true })
  return notes.toSorted((a, b) => {
    return Number(b.pinned) - Number(a.pinned) || (order === 'newest' ? b.modified.getTime() - a.modified.getTime() : 0) || byTitle(a, b)
  })
}

/** All notes, as they came in. */
export async function listNotes(session: VaultSession): Promise<NoteInfo[]> {
  return readVault(session, async (coffer) => {
    const pins = new Set(await readPins(coffer))
    const notes: NoteInfo[] = []
    for await (const { name, type, size, mtime } of coffer.members(NOTES_FOLDER)) {
      const title = type === 'file' ? noteTitle(name) : undefined
      if (title !== undefined) notes.push({ name, title, modified: mtime, bytes: size, pinned: pins.has(name) })
    }
    return notes
  })
}

/** Pins a note to the top of the list, or takes the pin out. */
export async function pinNote(session: VaultSession, name: string, pinned: boolean): Promise<void> {
  await session.change((coffer) => changePins(coffer, (pins) => [...pins.filter((pin) => pin !== name), ...(pinned ? [name] : [])]))
}

/** What is being deleted: a second click means the same. */
const deleting = new Set<string>()

/** Deletes a note: it waits in the trash of the files, and for a while the way back is offered. */
export async function deleteNote(session: VaultSession, { name, title, pinned }: NoteInfo): Promise<void> {
  if (deleting.has(name)) return
  deleting.add(name)
  const away = trashPath(name, new Date())
  const removing = session.change(async (coffer) => {
    await coffer.move(name, away)
    if (pinned) await changePins(coffer, (pins) => pins.filter((pin) => pin !== name))
  })
  await removing.finally(() => deleting.delete(name))
  offerUndo(`“${title}” is in the trash.`, async () => {
    await session.change(async (coffer) => {
      // A commit that failed at its end may be there all the same.
      if ((await coffer.stat(away)) || !(await coffer.stat(name))) await coffer.move(away, name)
      if (pinned) await changePins(coffer, (pins) => [...pins, name])
    })
    return `“${title}” is back.`
  })
}

/** Gives a note another title, and its pin with it. The member that it is now. @throws CofferError `ERR_COFFER_EXISTS`. */
export async function renameNote(session: VaultSession, name: string, title: string): Promise<string> {
  const renamed = noteName(title)
  if (renamed === name) return name
  await session.change(async (coffer) => {
    await coffer.move(name, renamed)
    await changePins(coffer, (pins) => pins.map((pin) => (pin === name ? renamed : pin)))
  })
  return renamed
}

/** Those whose titles hold all the words, and those whose texts do. */
export function searchTitles(notes: readonly NoteInfo[], query: string): readonly NoteInfo[] {
  const words = wordsOf(query)
  return notes.filter(({ title }) => holds(title, words))
}

/**
 * The names of the notes of up to {@link MOST_SEARCHED_BYTES} whose text holds all the words. Each is decrypted for it, and let
 * go of.
 */
export async function searchTexts(session: VaultSession, notes: readonly NoteInfo[], query: string, { signal, onProgress }: TaskControl): Promise<ReadonlySet<string>> {
  const words = wordsOf(query)
  const found = new Set<string>()
  const small = notes.filter(({ bytes }) => bytes <= MOST_SEARCHED_BYTES)
  for (const [i, { name }] of small.entries()) {
    signal.throwIfAborted()
    // One that is gone meanwhile, or is no text, is not found; damage is told of when it is opened.
    const text = await readVault(session, (coffer) => coffer.readText(name)).catch(() => '')
    if (text !== '' && holds(text, words)) found.add(name)
    onProgress({ done: i + 1, total: small.length })
  }
  return found
}

function wordsOf(query: string): string[] {
  return foldCase(query).split(/\s+/).filter((word) => word !== '')
}

function holds(text: string, words: readonly string[]): boolean {
  const folded = foldCase(text)
  return words.every((word) => folded.includes(word))
}

async function readPins(coffer: BrowserCoffer): Promise<readonly string[]> {
  try {
    const value = await coffer.load(PINS_FILE)
    const pins = typeof value === 'object' && value !== null && 'pinned' in value ? value.pinned : []
    return Array.isArray(pins) ? pins.filter((pin) => typeof pin === 'string') : []
  } catch (error) {
    // Without it, or with what is not ours in it, nothing is pinned: no reason to show no notes.
    if (isCofferError(error) && error.code === 'ERR_COFFER_CLOSED') throw error
    return []
  }
}

async function changePins(coffer: BrowserCoffer, change: (pins: readonly string[]) => readonly string[]): Promise<void> {
  const before = await readPins(coffer)
  const pinned = change(before)
  if (JSON.stringify(pinned) !== JSON.stringify(before)) await coffer.dump(PINS_FILE, { format: 'coffer-vault-notes', version: 1, pinned })
}
