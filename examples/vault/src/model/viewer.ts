import { signal } from '@preact/signals'
import type { VaultSession } from './session.js'

/** The name of the member that is being shown over the files. It is in no address, so that no history tells of it. */
export const viewed = signal<string | undefined>(undefined)

/** Shows a member. */
export function openViewer(_session: VaultSession, name: string): void {
  viewed.value = name
}

export function closeViewer(): void {
  viewed.value = undefined
}
