import { signal } from '@preact/signals'
import type { VaultSession } from './session.js'
import { isHidden } from './trash-names.js'

/** The name of the member that is being shown over the files. It is in no address, so that no history tells of it. */
export const viewed = signal<string | undefined>(undefined)

/** Whether what is shown was changed and is not saved: it stays then, whatever others do. */
export const hasEdits = signal(false)

/** The names among which next and previous go, in their order. */
export const viewedList = signal<readonly string[]>([])

/**
 * Shows a member.
 * @param names All files of the list that it was chosen from, in the order that the user sees; the files of its folder by name, where
 * nothing is given.
 */
export function openViewer(session: VaultSession, name: string, names?: readonly string[]): void {
  viewedList.value = names ?? [name]
  viewed.value = name
  if (names === undefined) void listFolder(session, name)
}

export function closeViewer(): void {
  viewed.value = undefined
  viewedList.value = []
}

/** The name so many places further in the list, if there is one. */
export function neighbour(by: number): string | undefined {
  const names = viewedList.value
  const at = names.indexOf(viewed.value ?? '')
  return at < 0 ? undefined : names[at + by]
}

/** Shows the one so many places further in the list, if there is one. */
export function viewNeighbour(by: number): void {
  viewed.value = neighbour(by) ?? viewed.value
}

async function listFolder({ coffer }: VaultSession, name: string): Promise<void> {
  const folder = name.slice(0, name.lastIndexOf('/') + 1)
  const names: string[] = []
  for await (const member of coffer.value.members(folder)) {
    const isHere = member.type === 'file' && !member.name.includes('/', folder.length)
    if (isHere && !isHidden(member.name)) names.push(member.name)
  }
  const { compare } = new Intl.Collator(undefined, { numeric: true })
  if (viewed.value === name) viewedList.value = names.toSorted(compare)
}
