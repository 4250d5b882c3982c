import { memoryStorage, generateKeys, openCoffer, type Coffer } from '@coffer/core'
import { conflictQuestions } from '../../examples/vault/src/model/conflicts.js'
import { addIncoming, deleteItems, moveItems, renameItem } from '../../examples/vault/src/model/file-actions.js'
import type { FileItem } from '../../examples/vault/src/model/file-tree.js'
import { FilesState } from '../../examples/vault/src/model/files.js'
import { Selection } from '../../examples/vault/src/model/selection.js'
import type { VaultSession } from '../../examples/vault/src/model/session.js'
import { tasks } from '../../examples/vault/src/model/tasks.js'
import { isHidden } from '../../examples/vault/src/model/trash-names.js'
import { undoLast } from '../../examples/vault/src/model/undo.js'
import { expect, test } from './support/vault.js'

// What is done faster than the vault does it: the next key or click comes while the one before is still worked on.

/** A signal, as the model makes them. */
function signalOf<T>(value: T): { value: T } {
  const made = new Selection().cursor as unknown as { value: T }
  made.value = value
  return made
}

interface Files {
  readonly coffer: Coffer
  readonly state: FilesState
  /** All but what is in the trash, with the contents. */
  readonly all: () => Promise<Record<string, string>>
  /** Until it is called again, lists wait. */
  readonly holdLists: () => () => void
}

/** The state of the files pane for a vault with these files, each holding its name. */
async function filesWith(...names: string[]): Promise<Files> {
  const coffer = await openCoffer(memoryStorage(), { mode: 'x', keys: await generateKeys('store') })
  for (const name of names) await coffer.write(name, name)
  let held: Promise<void> = Promise.resolve()
  const members = coffer.members.bind(coffer)
  Object.assign(coffer, {
    // What the browser's has beside: files by their places.
    add: async (files: File[]) => {
      for (const file of files) await coffer.write(file.webkitRelativePath, await file.text())
    },
    members: async function* (prefix?: string) {
      await held
      yield* members(prefix)
    },
  })
  const revision = signalOf(0)
  const session = {
    name: 'Papers',
    coffer: Object.assign(signalOf(coffer), { peek: () => coffer }),
    revision,
    writable: signalOf(true),
    change: async (work: (target: Coffer) => Promise<unknown>) => {
      const result = await work(coffer)
      revision.value += 1
      return result
    },
  } as unknown as VaultSession
  const state = new FilesState(session)
  await state.upToDate()
  const all = async (): Promise<Record<string, string>> => {
    const found: Record<string, string> = {}
    for await (const { name, type } of members()) if (!isHidden(name)) found[name] = type === 'file' ? await coffer.readText(name) : ''
    return found
  }
  const holdLists = (): (() => void) => {
    let release = (): void => undefined
    held = new Promise((resolve) => (release = resolve))
    return release
  }
  return { coffer, state, all, holdLists }
}

function itemOf(state: FilesState, path: string): FileItem {
  const item = state.tree.value?.item(path)
  if (!item) throw new Error(`${path} is not listed.`)
  return item
}

test('what is undone is what was done last, also where that is still under way', async () => {
  const { state, all } = await filesWith('a', 'c')
  await renameItem(state, itemOf(state, 'a'), 'b')
  await Promise.all([deleteItems(state, ['c']), undoLast()])
  expect(await all()).toEqual({ b: 'a', c: 'c' })
  await undoLast()
  expect(await all()).toEqual({ a: 'a', c: 'c' })
})

test('several things undone at once are undone one after the other', async () => {
  const { coffer, state, all } = await filesWith('x', 'y', 'z')
  await state.session.change(() => coffer.makeDirectory('one'))
  await state.upToDate()
  await renameItem(state, itemOf(state, 'one'), 'two')
  await state.upToDate()
  await moveItems(state, ['x', 'y', 'z'], 'two')
  await Promise.all([undoLast(), undoLast()])
  expect(await all()).toEqual({ one: '', x: 'x', y: 'y', z: 'z' })
})

test('what is deleted twice at once, or sent off while it goes, is dealt with once', async () => {
  const { coffer, state, all, holdLists } = await filesWith('a', 'b', 'c')
  await state.session.change(() => coffer.makeDirectory('folder'))
  await state.upToDate()
  const release = holdLists()
  await Promise.all([deleteItems(state, ['a', 'b']), deleteItems(state, ['a', 'b'])])
  // Done, but the list does not say so yet.
  await deleteItems(state, ['b', 'c'])
  await moveItems(state, ['a', 'c'], 'folder')
  release()
  expect(tasks.value).toEqual([])
  expect(await all()).toEqual({ folder: '' })
  await undoLast()
  await undoLast()
  expect(await all()).toEqual({ a: 'a', b: 'b', c: 'c', folder: '' })
})

test('a name that was just taken is asked about, also before the list shows it', async () => {
  const { state, all, holdLists } = await filesWith('a')
  const add = (name: string, text: string): Promise<void> => addIncoming(state, { files: [{ path: name, file: new File([text], name) }], folders: [] })
  const release = holdLists()
  await renameItem(state, itemOf(state, 'a'), 'b')
  await add('c', 'one')
  for (const name of ['b', 'c']) {
    const adding = add(name, 'two')
    await expect.poll(() => conflictQuestions.value.map((question) => question.name)).toEqual([name])
    conflictQuestions.value[0]?.answer('keep', false)
    await adding
  }
  release()
  await state.upToDate()
  expect(await all()).toEqual({ b: 'a', 'b (2)': 'two', c: 'one', 'c (2)': 'two' })
})
