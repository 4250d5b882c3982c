import { signal } from '@preact/signals'

export type View = 'files' | 'passwords' | 'notes' | 'settings'

/** Which pane of the open vault is shown. It is in no address, so that no history tells of it. */
export const currentView = signal<View>('files')
