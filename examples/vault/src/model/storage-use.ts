/** How much this site has of the browser's disk. */
export interface StorageUse {
  readonly usedBytes: number | undefined
  readonly quotaBytes: number | undefined
  /** Whether the browser has promised to throw nothing away by itself. */
  readonly isPersistent: boolean
}

export async function readStorageUse(): Promise<StorageUse> {
  const { usage, quota } = await navigator.storage.estimate()
  return { usedBytes: usage, quotaBytes: quota, isPersistent: await navigator.storage.persisted() }
}

/** Asks the browser not to throw the vault away when the disk is full. Whether it says so. */
export async function askToPersist(): Promise<boolean> {
  return navigator.storage.persist()
}

const units = ['bytes', 'KB', 'MB', 'GB', 'TB'] as const

export function bytesInWords(bytes: number): string {
  const power = bytes < 1000 ? 0 : Math.min(units.length - 1, Math.floor(Math.log10(bytes) / 3))
  const value = bytes / 1000 ** power
  return `${value >= 100 || power === 0 ? Math.round(value) : value.toFixed(1)} ${units[power]}`
}
