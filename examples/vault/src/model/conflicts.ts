import { signal } from '@preact/signals'
import { joinPath, lastComponent, parentPath } from './file-tree.js'
import { isHidden } from './trash-names.js'
import type { Incoming } from './incoming.js'

export type ConflictChoice = 'replace' | 'keep' | 'skip'

/** A name that is taken where something is to go, for the user to decide. */
export interface Conflict {
  readonly name: string
  /** The folder that it goes to; `''` for the vault itself. */
  readonly folder: string
  readonly isFolder: boolean
  /** Only a file can take the place of a file. */
  readonly canReplace: boolean
}

export interface ConflictQuestion extends Conflict {
  /** No other has it: two may be about one name. */
  readonly id: number
  /** Answers; with `forAll` also for those to come. */
  readonly answer: (choice: ConflictChoice, forAll: boolean) => void
  /** Gives up the whole. */
  readonly cancel: () => void
}

/** What the user is being asked; the oldest first. */
export const conflictQuestions = signal<readonly ConflictQuestion[]>([])
let ids = 0

/** What stands at a path now. */
export type KindAt = (path: string) => 'file' | 'folder' | undefined

/** What goes where, after all was decided. */
export interface Plan {
  readonly files: readonly { readonly from: string; readonly to: string; readonly file: File }[]
  readonly folders: readonly string[]
  readonly skipped: number
}

/**
 * Decides for each file and folder where it goes, asking where a name is taken. Folders of one name become one.
 * @throws DOMException `AbortError` when the user gives up or `signal` is aborted.
 */
export async function planIncoming({ files, folders }: Incoming, target: string, kindAt: KindAt, signal: AbortSignal): Promise<Plan> {
  const ask = asker(signal)
  const taken = new Set<string>()
  const isFree = (path: string): boolean => kindAt(path) === undefined && !taken.has(path) && !isHidden(path)
  const places = new Map<string, string | undefined>([['', target]])
  let skipped = 0

  const placeFolder = async (path: string): Promise<string | undefined> => {
    if (places.has(path)) return places.get(path)
    const parent = await placeFolder(parentPath(path))
    const place = parent === undefined ? undefined : await decide(parent, lastComponent(path), true)
    places.set(path, place)
    return place
  }
  const decide = async (folder: string, name: string, isFolder: boolean): Promise<string | undefined> => {
    const path = joinPath(folder, name)
    const there = kindAt(path)
    if (isFolder && there === 'folder' && !isHidden(path)) return path
    if (isFree(path)) return path
    // Two of one name that come together, such as pasted pictures, both stay.
    const choice = there === undefined ? 'keep' : await ask({ name, folder, isFolder, canReplace: !isFolder && there === 'file' })
    if (choice === 'replace') return path
    return choice === 'keep' ? freePath(path, isFree) : undefined
  }

  for (const path of folders) await placeFolder(path)
  const planned: { from: string; to: string; file: File }[] = []
  for (const { path, file } of files) {
    const folder = await placeFolder(parentPath(path))
    const to = folder === undefined ? undefined : await decide(folder, lastComponent(path), false)
    if (to === undefined) skipped += 1
    else {
      taken.add(to)
      planned.push({ from: path, to, file })
    }
  }
  const made = [...places.values()].filter((place) => place !== undefined && kindAt(place) === undefined && place !== '')
  return { files: planned, folders: made as string[], skipped }
}

/** No coffer takes a longer part of a path. */
const MOST_NAME_BYTES = 255

function bytesOf(text: string): number {
  return new TextEncoder().encode(text).length
}

function upTo(text: string, bytes: number): string {
  const letters = Array.from(text)
  while (letters.length > 1 && bytesOf(letters.join('')) > bytes) letters.pop()
  return letters.join('')
}

/** A path like it that is free: `name (2).txt` and so on. */
export function freePath(path: string, isFree: (path: string) => boolean): string {
  if (isFree(path)) return path
  const name = lastComponent(path)
  const dot = name.lastIndexOf('.')
  const [stem, extension] = dot > 0 ? [name.slice(0, dot), name.slice(dot)] : [name, '']
  for (let number = 2; ; number += 1) {
    const end = ` (${number})${extension}`
    const candidate = joinPath(parentPath(path), `${upTo(stem, MOST_NAME_BYTES - bytesOf(end))}${end}`)
    if (isFree(candidate)) return candidate
  }
}

/** Asks the user, or takes what was said for all that come. */
export function asker(signal: AbortSignal): (conflict: Conflict) => Promise<ConflictChoice> {
  let always: ConflictChoice | undefined
  return async (conflict) => {
    if (always !== undefined && (always !== 'replace' || conflict.canReplace)) return always
    signal.throwIfAborted()
    return new Promise((resolve, reject) => {
      const end = (): void => {
        conflictQuestions.value = conflictQuestions.value.filter((other) => other !== question)
        signal.removeEventListener('abort', question.cancel)
      }
      ids += 1
      const question: ConflictQuestion = {
        ...conflict,
        id: ids,
        answer: (choice, forAll) => {
          end()
          if (forAll) always = choice
          resolve(choice)
        },
        cancel: () => {
          end()
          reject(new DOMException('The user gave up.', 'AbortError'))
        },
      }
      signal.addEventListener('abort', question.cancel, { once: true })
      conflictQuestions.value = [...conflictQuestions.value, question]
    })
  }
}
