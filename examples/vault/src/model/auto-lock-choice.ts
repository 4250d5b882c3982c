/** When a vault locks by itself. */
export interface AutoLock {
  /** After so many minutes without anybody; 0 is never. */
  readonly idleMinutes: number
  /** So many seconds after its last visible tab was hidden; 0 is at once, `undefined` never. */
  readonly hiddenSeconds: number | undefined
}

export const defaultAutoLock: AutoLock = { idleMinutes: 15, hiddenSeconds: undefined }
export const idleChoices: readonly number[] = [1, 5, 15, 60, 0]
export const hiddenChoices: readonly (number | undefined)[] = [0, 30, 300, undefined]
