import { CofferError, isCofferError } from '@coffer/core'
import type { BrowserCoffer } from '@coffer/browser'
import { asker, freePath, planIncoming, type KindAt } from './conflicts.js'
import { isWithin, joinPath, lastComponent, outermost, parentPath, shortName, type FileItem } from './file-tree.js'
import { targetFolder, type FilesState } from './files.js'
import type { Incoming } from './incoming.js'
import { notify } from './notices.js'
import { runTask, type TaskControl } from './tasks.js'
import { isHidden, isOverdue, trashPath } from './trash-names.js'
import { offerUndo, undoable } from './undo.js'

/** From one path to another. */
interface Step {
  readonly from: string
  readonly to: string
}

/** Where things go that are on their way, until the list shows them there: nobody else may take the name. */
const promised = new Map<string, 'file' | 'folder'>()
/** What is on its way to elsewhere, until the list shows it no more: it is not sent off twice. */
const leaving = new Set<string>()

/** Adds files and folders to the folder that is shown, or another. All of it or nothing. */
export async function addIncoming(state: FilesState, coming: Incoming | Promise<Incoming>, folder = targetFolder(state)): Promise<void> {
  const { session, selection } = state
  const mine: string[] = []
  try {
    const added = await runTask(`Adding to ${placeName(state, folder)}`, async (control) => {
      const incoming = await coming
      const plan = await ifNotGivenUp(planIncoming(incoming, folder, kindAt(state), control.signal))
      if (!plan) return undefined
      mine.push(...plan.files.map(({ to }) => to))
      for (const path of mine) promised.set(path, 'file')
      await session.change(async (coffer) => {
        // In one step, under the paths that were decided on: a list names its files by where they lie.
        const files = plan.files.map(({ file, to }) => Object.defineProperty(file, 'webkitRelativePath', { value: to, configurable: true }))
        if (files.length > 0) await coffer.add(files, undefined, control)
        for (const path of plan.folders) await coffer.makeDirectory(path)
      })
      return plan
    })
    if (!added) return
    const { files, folders, skipped } = added
    const tops = new Set([...files.map(({ to }) => to), ...folders].map((path) => topBelow(path, folder)))
    if (targetFolder(state) === folder && tops.size > 0) selection.put([...tops])
    const what = files.length === 0 && folders.length > 0 ? count(folders.length, 'folder') : count(files.length, 'file')
    const texts = [tops.size > 0 && `Added ${what} to ${placeName(state, folder)}.`, skipped > 0 && `Skipped ${count(skipped, 'file')}.`]
    notify(texts.filter((text) => text !== false).join(' '))
  } finally {
    void whenListed(state, () => {
      for (const path of mine) promised.delete(path)
    })
  }
}

/** Makes a folder in the one that is shown. @throws CofferError `ERR_COFFER_EXISTS`, `ERR_COFFER_NAME`. */
export async function makeFolder(state: FilesState, name: string): Promise<void> {
  const path = joinPath(targetFolder(state), checkedName(name))
  assertFree(state, path)
  await state.session.change((coffer) => coffer.makeDirectory(path))
  state.selection.put([path])
  notify(`Made the folder “${lastComponent(path)}”.`)
}

/** Gives something another name in its folder. @throws CofferError `ERR_COFFER_EXISTS`, `ERR_COFFER_NAME`. */
export async function renameItem(state: FilesState, item: FileItem, name: string): Promise<void> {
  const to = joinPath(parentPath(item.path), checkedName(name))
  if (to === item.path) return
  assertFree(state, to)
  await undoable(async () => {
    const done = await moveSteps(state, `Renaming “${item.name}”`, [{ from: item.path, to }])
    if (done.length === 0) return
    state.selection.put([to])
    offerUndo(`“${item.name}” is now “${lastComponent(to)}”.`, () => takeBack(state, done, `“${item.name}” has its name again.`))
  })
}

/** Moves things into a folder, asking where a name is taken. What has nowhere to go stays. */
export function moveItems(state: FilesState, paths: readonly string[], folder: string): Promise<void> {
  return undoable(() => moveTo(state, paths, folder))
}

async function moveTo(state: FilesState, paths: readonly string[], folder: string): Promise<void> {
  const items = outermost(staying(paths)).filter((path) => parentPath(path) !== folder && !isWithin(folder, path))
  if (items.length === 0) return
  const kind = kindAt(state)
  const replaced: string[] = []
  const steps = await ifNotGivenUp(
    (async () => {
      const ask = asker(new AbortController().signal)
      const planned: Step[] = []
      const taken = new Set<string>()
      const isFree = (path: string): boolean => kind(path) === undefined && !taken.has(path)
      for (const from of items) {
        const wanted = joinPath(folder, lastComponent(from))
        const isFolder = kind(from) === 'folder'
        const canReplace = !isFolder && kind(wanted) === 'file'
        // Two of one name that are moved together both stay.
        const choice = isFree(wanted) ? undefined : taken.has(wanted) ? 'keep' : await ask({ name: lastComponent(from), folder, isFolder, canReplace })
        if (choice === 'skip') continue
        if (choice === 'replace') replaced.push(wanted)
        const to = choice === 'keep' ? freePath(wanted, isFree) : wanted
        taken.add(to)
        planned.push({ from, to })
      }
      return planned
    })(),
  )
  if (!steps || steps.length === 0) return
  state.cut.value = []
  // What is replaced waits in the trash, so that this too can be undone.
  const away = toTrash(replaced)
  const done = await moveSteps(state, `Moving ${countOf(steps)}`, [...away, ...steps])
  const moved = done.filter(({ to }) => !isHidden(to))
  if (moved.length === 0) return
  offerUndo(`Moved ${countOf(moved)} to ${placeName(state, folder)}.`, () => takeBack(state, done, `Moved back ${countOf(moved)}.`))
}

/** Deletes: for 30 days it can be brought back. */
export async function deleteItems(state: FilesState, paths: readonly string[]): Promise<void> {
  const steps = toTrash(outermost(staying(paths)))
  if (steps.length === 0) return
  await undoable(async () => {
    const done = await moveSteps(state, `Deleting ${countOf(steps)}`, steps)
    if (done.length === 0) return
    offerUndo(`Deleted ${countOf(done)}.`, () => takeBack(state, done, `Brought back ${countOf(done)}.`))
  })
}

/** Brings back what was deleted to where it was, or beside what is there now. */
export async function restoreItems(state: FilesState, items: readonly FileItem[]): Promise<void> {
  const kind = kindAt(state)
  const planned: Step[] = []
  const taken = new Set<string>()
  const isFree = (path: string): boolean => kind(path) === undefined && !taken.has(path)
  for (const { path, deleted } of items) {
    if (!deleted || leaving.has(path)) continue
    const folder = parentPath(deleted.original)
    // A file may stand now where its folder was.
    const place = hasFileAbove(folder, kind) ? lastComponent(deleted.original) : deleted.original
    const to = freePath(place, isFree)
    taken.add(to)
    planned.push({ from: path, to })
  }
  if (planned.length === 0) return
  const done = await moveSteps(state, `Restoring ${countOf(planned)}`, planned)
  if (done.length > 0) notify(`Restored ${countOf(done)}.`)
}

/** Deletes for good. Their bytes stay in the file, encrypted, until it is compacted. */
export async function deleteForGood(state: FilesState, paths: readonly string[]): Promise<void> {
  const doomed = outermost(paths)
  const done = await runTask(`Deleting ${count(doomed.length, 'item')} for good`, async ({ signal, onProgress }) => {
    const failure = await changeInSteps(state, doomed, async (coffer, path, index) => {
      signal.throwIfAborted()
      await coffer.delete(path, { recursive: true, signal })
      onProgress({ done: index + 1, total: doomed.length })
    })
    if (failure) throw failure.error
    return true
  })
  if (done) notify(`Deleted ${doomed.length === 1 ? `“${lastComponent(doomed[0] ?? '')}”` : count(doomed.length, 'item')} for good.`)
}

/** Deletes for good what has been in the trash for long enough. */
export async function purgeTrash(state: FilesState, now = Date.now()): Promise<void> {
  const old = state.tree.value?.trash().filter(({ deleted }) => deleted && isOverdue(deleted.deletedMs, now)) ?? []
  if (old.length > 0 && state.session.writable.value) await deleteForGood(state, old.map(({ path }) => path))
}

/** What is wrong with a name that was typed; `undefined` for a good one. */
export function nameProblem(name: string): string | undefined {
  const clean = cleanName(name)
  if (clean === '') return 'A name has at least one letter.'
  if (/[/\p{Cc}]/u.test(clean)) return 'A name cannot hold a slash.'
  if (clean === '.' || clean === '..') return 'This name stands for a folder.'
  if (isHidden(clean)) return 'The vault keeps this name for itself.'
  return new TextEncoder().encode(clean).length > 255 ? 'This name is too long.' : undefined
}

/** Moves one after the other. What was moved, also when it was cancelled or failed on the way. */
async function moveSteps(state: FilesState, title: string, steps: readonly Step[]): Promise<readonly Step[]> {
  const done: Step[] = []
  await runTask(title, (control) => moveEach(state, steps, control, done))
  return done
}

async function moveEach(state: FilesState, steps: readonly Step[], { signal, onProgress }: TaskControl, done: Step[]): Promise<void> {
  const parents = new Set(steps.filter(({ from }) => !isHidden(from)).map(({ from }) => parentPath(from)))
  const end = setOut(state, steps)
  const moved: Step[] = []
  try {
    const failure = await changeInSteps(state, steps, async (coffer, step, index) => {
      signal.throwIfAborted()
      const total = steps.length
      const moving = coffer.move(step.from, step.to, {
        signal,
        onProgress: ({ done: bytes, total: all }) => onProgress({ done: index + (all ? bytes / all : 0), total }),
      })
      await moving.catch((error: unknown) => {
        throw isHidden(step.to) && isCofferError(error, 'ERR_COFFER_NAME') ? tooDeep(step.from) : error
      })
      moved.push(step)
      onProgress({ done: index + 1, total })
      // A folder stays when the last file leaves it, also one that no member stands for.
      if (index === total - 1) await keepFolders(coffer, parents)
    })
    done.push(...moved)
    if (failure) throw failure.error
  } finally {
    void whenListed(state, end)
  }
}

/** The trash keeps a path with its own before it. */
function tooDeep(path: string): TypeError {
  return new TypeError(`The path of “${shortName(lastComponent(path))}”, or of something in it, is too long for the trash. Move it further up, or give its folders shorter names, and delete it then.`)
}

/** Keeps what moves, and the names that it will have, from being taken by others. The result ends that. */
function setOut({ tree }: FilesState, steps: readonly Step[]): () => void {
  for (const { from, to } of steps) {
    leaving.add(from)
    promised.set(to, tree.value?.item(from)?.isFolder === true ? 'folder' : 'file')
  }
  return () => {
    for (const { from, to } of steps) {
      leaving.delete(from)
      promised.delete(to)
    }
  }
}

async function whenListed(state: FilesState, then: () => void): Promise<void> {
  await state.upToDate()
  then()
}

function staying(paths: readonly string[]): readonly string[] {
  return paths.filter((path) => !leaving.has(path))
}

interface Failure {
  readonly error: unknown
}

/** What was done before an error, which this gives, stays, and is committed and listed. @throws CofferError where that fails: nothing of it stays. */
function changeInSteps<T>({ session }: FilesState, steps: readonly T[], work: (coffer: BrowserCoffer, step: T, index: number) => Promise<void>): Promise<Failure | undefined> {
  return session.change(async (coffer) => {
    try {
      for (const [index, step] of steps.entries()) await work(coffer, step, index)
      return undefined
    } catch (error) {
      return { error }
    }
  })
}

async function keepFolders(coffer: BrowserCoffer, folders: ReadonlySet<string>): Promise<void> {
  for (const folder of folders) {
    if (folder === '' || (await coffer.has(folder))) continue
    const below = await coffer.members(`${folder}/`)[Symbol.asyncIterator]().next()
    if (below.done === true) await coffer.makeDirectory(folder)
  }
}

/** @throws CofferError where something has taken the place meanwhile. */
async function takeBack(state: FilesState, done: readonly Step[], what: string): Promise<string> {
  const steps = done.toReversed().map(({ from, to }) => ({ from: to, to: from }))
  await moveEach(state, steps, { signal: new AbortController().signal, onProgress: () => undefined }, [])
  return what
}

function toTrash(paths: readonly string[]): Step[] {
  const now = new Date()
  return paths.map((from) => ({ from, to: trashPath(from, now) }))
}

function kindAt({ tree }: FilesState): KindAt {
  return (path) => {
    const item = tree.value?.item(path)
    if (item) return item.isFolder ? 'folder' : 'file'
    return promised.get(path)
  }
}

function hasFileAbove(folder: string, kind: KindAt): boolean {
  for (let at = folder; at !== ''; at = parentPath(at)) if (kind(at) === 'file') return true
  return false
}

function assertFree(state: FilesState, path: string): void {
  if (kindAt(state)(path) !== undefined) throw new CofferError('ERR_COFFER_EXISTS', 'There is one of that name already.')
}

function checkedName(name: string): string {
  const problem = nameProblem(name)
  if (problem !== undefined) throw new CofferError('ERR_COFFER_NAME', problem)
  return cleanName(name)
}

function cleanName(name: string): string {
  return name.trim().normalize('NFC')
}

async function ifNotGivenUp<T>(work: Promise<T>): Promise<T | undefined> {
  try {
    return await work
  } catch (error) {
    if (error instanceof DOMException && error.name === 'AbortError') return undefined
    throw error
  }
}

function topBelow(path: string, folder: string): string {
  const start = folder === '' ? 0 : folder.length + 1
  const slash = path.indexOf('/', start)
  return slash < 0 ? path : path.slice(0, slash)
}

function placeName({ session }: FilesState, folder: string): string {
  return `“${folder === '' ? session.name : lastComponent(folder)}”`
}

function countOf(steps: readonly Step[]): string {
  const [first] = steps
  return steps.length === 1 && first ? `“${lastComponent(isHidden(first.from) ? first.to : first.from)}”` : count(steps.length, 'item')
}

function count(number: number, noun: string): string {
  return `${number.toLocaleString()} ${noun}${number === 1 ? '' : 's'}`
}
