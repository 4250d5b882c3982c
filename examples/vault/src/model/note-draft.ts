import type { BrowserCoffer } from '@coffer/browser'
import { CofferError, type Member } from '@coffer/core'
import { computed, signal, type ReadonlySignal } from '@preact/signals'
import { explainError, type Explanation } from './explain-error.js'
import { cleanTitle, freeTitle, noteName, NOTES_FOLDER, noteTitle, titleProblem } from './note-names.js'
import { MOST_EDITED_BYTES, renameNote } from './notes.js'
import { readVault } from './read-vault.js'
import type { VaultSession } from './session.js'

/** How long after the last key a note is saved. */
const SAVE_AFTER_MS = 800
/** How long somebody may type on until it is saved in any case. */
const SAVE_AT_LATEST_MS = 5000

/**
 * `changed`: another tab or program has changed the note since it was read here, and there are changes here too; `gone`: it was
 * deleted or
 * renamed elsewhere. Nothing is saved then until the user has decided.
 */
export type DraftState = 'saved' | 'edited' | 'saving' | 'failed' | 'changed' | 'gone'

/** A note that is open in the editor. It saves itself a moment after the last key. */
export interface NoteDraft {
  /** The member; `undefined` for a new note that was not saved yet. */
  readonly name: ReadonlySignal<string | undefined>
  readonly title: ReadonlySignal<string>
  readonly text: ReadonlySignal<string>
  readonly state: ReadonlySignal<DraftState>
  /** Whether there is anything that was not saved. */
  readonly unsaved: ReadonlySignal<boolean>
  /** Why it could not be saved. */
  readonly problem: ReadonlySignal<Explanation | undefined>
  readonly titleProblem: ReadonlySignal<string | undefined>
  setText(text: string): void
  /** What is typed as the title. It becomes the title with the next {@link save}. */
  setTitle(title: string): void
  /** Saves what was not saved. It does not reject: `state` and `problem` tell. */
  save(): Promise<void>
  /** Reads the note again after a change of the vault, unless there are changes here. */
  refresh(): Promise<void>
  /** Ends `changed` or `gone`: by what is here, by what is there, or by keeping both as two notes. */
  resolve(by: 'mine' | 'theirs' | 'both'): Promise<void>
  /** Saves, and stops doing so by itself. What could not be saved then is still here, and can be gone on with. */
  close(): Promise<void>
}

/** What is still being saved of notes that were closed: one that is opened again is read after it. */
let closing: Promise<unknown> = Promise.resolve()

/** Resolves once the notes that were closed are saved, or are known to be not. */
export async function untilNotesClosed(): Promise<void> {
  await closing
}

/** What was last read or written: a change is seen by comparing with it. */
interface Base {
  readonly text: string
  readonly mtimeMs: number
}

class ChangedElsewhere extends Error {
  readonly state: 'changed' | 'gone'

  constructor(state: 'changed' | 'gone') {
    super('The note was changed elsewhere.')
    this.state = state
  }
}

/**
 * Opens a note, or begins a new one.
 * @throws CofferError `ERR_COFFER_NOT_FOUND` for one that is not there, `ERR_COFFER_UNSUPPORTED` for what is no text, or too
 * much of it.
 */
export async function openNote(session: VaultSession, opened?: string): Promise<NoteDraft> {
  await closing
  const first = opened === undefined ? undefined : await readVault(session, (coffer) => readBase(coffer, opened))
  let base: Base | undefined = first
  const name = signal(opened)
  const title = signal(opened === undefined ? '' : shownTitle(opened))
  const text = signal(first?.text ?? '')
  const state = signal<DraftState>('saved')
  const problem = signal<Explanation | undefined>(undefined)
  const problemOfTitle = signal<string | undefined>(undefined)
  const unsaved = computed(() => state.value !== 'saved' && !(state.value === 'gone' && text.value === base?.text))
  let timer: ReturnType<typeof setTimeout> | undefined
  let editedSince: number | undefined
  let closed = false

  const textIsEdited = (): boolean => text.value !== (base?.text ?? '')
  /** By the name that it makes: of two titles a system may take only one, and a file of another program's may have any name. */
  const titleIsEdited = (): boolean =>
    name.value === undefined ? cleanTitle(title.value) !== '' : title.value !== shownTitle(name.value) && noteName(title.value) !== name.value

  const saveSoon = (): void => {
    if (state.value === 'changed' || state.value === 'gone') return
    state.value = 'edited'
    editedSince ??= Date.now()
    clearTimeout(timer)
    if (!closed) timer = setTimeout(() => void save(), Math.max(0, Math.min(SAVE_AFTER_MS, editedSince + SAVE_AT_LATEST_MS - Date.now())))
  }

  /** One after the other, so that a slow one is not overtaken. */
  let turn: Promise<void> = Promise.resolve()
  const inTurn = (work: () => Promise<void>): Promise<void> => {
    turn = turn.then(work)
    return turn
  }

  /** What was written last, until that is known to be there. */
  let attempt: { readonly name: string; readonly title: string; readonly text: string } | undefined

  /** A commit that has failed at its end may be there all the same: it is no other note, and no change by somebody else. */
  const findAttempt = async (coffer: BrowserCoffer): Promise<void> => {
    if (!attempt) return
    const found = await readBase(coffer, attempt.name).catch(() => undefined)
    if (found?.text === attempt.text) keepAttempt(attempt, found.mtimeMs)
    attempt = undefined
  }

  const keepAttempt = (kept: NonNullable<typeof attempt>, mtimeMs: number): void => {
    if (name.value === undefined && title.value === kept.title) title.value = noteTitle(kept.name) ?? kept.title
    name.value = kept.name
    base = { text: kept.text, mtimeMs }
    attempt = undefined
  }

  /** When what is written by {@link attempt} is from; it is kept once it is committed. */
  const writeText = async (coffer: BrowserCoffer, text: string, force: boolean): Promise<number> => {
    await findAttempt(coffer)
    const known = name.value
    if (known !== undefined && !force) await refuseToOverwrite(coffer, known, base)
    const wanted = known ?? noteName(freeTitle(titleOfNew(title.value, text), await titlesOf(coffer)))
    attempt = { name: wanted, title: title.value, text }
    return (await coffer.write(wanted, text, { replace: known !== undefined })).mtimeMs
  }

  const saveTitle = async (): Promise<void> => {
    const current = name.value
    if (current === undefined || !titleIsEdited()) return
    problemOfTitle.value = titleProblem(title.value) ?? (await takenProblem(session, title.value, current))
    if (problemOfTitle.value !== undefined) return
    name.value = await renameNote(session, current, title.value)
  }

  const saveNow = async (force = false): Promise<void> => {
    clearTimeout(timer)
    if (!force && (state.value === 'changed' || state.value === 'gone')) return
    const written = text.value
    const isNewTitle = name.value === undefined && cleanTitle(title.value) !== ''
    if (!force && !textIsEdited() && !titleIsEdited() && !isNewTitle) {
      state.value = 'saved'
      return
    }
    state.value = 'saving'
    problem.value = undefined
    try {
      if (force || textIsEdited() || isNewTitle) {
        const mtimeMs = await session.change((coffer) => writeText(coffer, written, force))
        if (attempt) keepAttempt(attempt, mtimeMs)
      }
      await saveTitle()
      editedSince = undefined
      state.value = 'saved'
      if (textIsEdited()) saveSoon()
      else if (titleIsEdited() && problemOfTitle.value === undefined) state.value = 'edited'
    } catch (error) {
      if (error instanceof ChangedElsewhere) state.value = error.state
      else {
        state.value = 'failed'
        problem.value = explainError(error)
      }
    }
  }
  const save = (): Promise<void> => inTurn(() => saveNow())

  /** What is typed while it reads stays: `isWanted` is asked once more when it has. */
  const readAgain = async (isWanted: () => boolean = () => true): Promise<void> => {
    const current = name.value
    if (current === undefined) return
    try {
      const found = await readVault(session, (coffer) => readBase(coffer, current))
      if (!isWanted()) return
      base = found
      text.value = base.text
      title.value = shownTitle(current)
      problemOfTitle.value = undefined
      problem.value = undefined
      state.value = 'saved'
    } catch (error) {
      state.value = isMissing(error) ? 'gone' : 'failed'
      if (!isMissing(error)) problem.value = explainError(error)
    }
  }

  return {
    name,
    title,
    text,
    state,
    unsaved,
    problem,
    titleProblem: problemOfTitle,
    setText(typed) {
      // A field of text knows one kind of line ends; a file that came with the other one keeps it.
      text.value = base?.text.includes('\r\n') === true ? typed.replaceAll('\n', '\r\n') : typed
      saveSoon()
    },
    setTitle(typed) {
      title.value = typed
      problemOfTitle.value = undefined
      if (state.value === 'saved') state.value = 'edited'
    },
    save,
    refresh: () =>
      inTurn(async () => {
        const current = name.value
        const isUntouched = (): boolean => !textIsEdited() && !titleIsEdited()
        if (current === undefined || !isUntouched()) return
        const member = await readVault(session, (coffer) => coffer.stat(current)).catch(() => undefined)
        if (!isUntouched()) return
        if (state.value !== 'saved' || member?.mtimeMs !== base?.mtimeMs) await readAgain(isUntouched)
      }),
    resolve: (by) =>
      inTurn(async () => {
        if (by === 'theirs') return readAgain()
        if (by === 'both') {
          name.value = undefined
          title.value = `${title.value} (mine)`
        }
        return saveNow(true)
      }),
    close() {
      closed = true
      const ended = inTurn(async () => {
        await saveNow()
        clearTimeout(timer)
        closed = !unsaved.value
      })
      closing = Promise.all([closing, ended])
      return ended
    },
  }
}

function shownTitle(name: string): string {
  return noteTitle(name) ?? name
}

async function readBase(coffer: BrowserCoffer, name: string): Promise<Base> {
  const member = await coffer.stat(name)
  if (member === undefined) throw new CofferError('ERR_COFFER_NOT_FOUND', 'This note is not in the vault any more.')
  if (member.size > MOST_EDITED_BYTES) throw new CofferError('ERR_COFFER_UNSUPPORTED', 'This note is too large for the editor: download it from the files.')
  try {
    return { text: await coffer.readText(name), mtimeMs: member.mtimeMs }
  } catch (error) {
    if (error instanceof TypeError) throw new CofferError('ERR_COFFER_UNSUPPORTED', 'This file holds no text in UTF-8: download it from the files.', { cause: error })
    throw error
  }
}

async function refuseToOverwrite(coffer: BrowserCoffer, name: string, base: Base | undefined): Promise<void> {
  const member: Member | undefined = await coffer.stat(name)
  if (member === undefined) throw new ChangedElsewhere('gone')
  if (member.mtimeMs !== base?.mtimeMs && (await coffer.readText(name)) !== base?.text) throw new ChangedElsewhere('changed')
}

function isMissing(error: unknown): boolean {
  return error instanceof CofferError && error.code === 'ERR_COFFER_NOT_FOUND'
}

/** A note without a title is called by the first words in it. */
function titleOfNew(title: string, text: string): string {
  const typed = cleanTitle(title)
  if (typed !== '' && titleProblem(typed) === undefined) return typed
  const firstLine = cleanTitle(Array.from(text.trim().split('\n', 1)[0] ?? '').slice(0, 60).join(''))
  return titleProblem(firstLine) === undefined ? firstLine : 'Untitled'
}

async function titlesOf(coffer: BrowserCoffer): Promise<string[]> {
  const titles: string[] = []
  for await (const { name } of coffer.members(NOTES_FOLDER)) titles.push(noteTitle(name) ?? '')
  return titles
}

async function takenProblem(session: VaultSession, title: string, current: string): Promise<string | undefined> {
  const name = noteName(title)
  const titles = await readVault(session, titlesOf)
  const isTaken = titles.some((other) => noteName(other) !== current && noteName(other).toLowerCase() === name.toLowerCase())
  return isTaken ? 'There is a note of this title already.' : undefined
}
