/** How much this site has of the browser's disk. */
export interface StorageUse {
  readonly usedBytes: number | undefined
  readonly quotaBytes: number | undefined
  /** Whether the browser has promised to throw nothing away by itself. */
  readonly isPersistent: boolean
}

/** What of it there is: Safari before 17 tells no sizes, WebKitGTK has none of it. */
const manager = (): Partial<StorageManager> => navigator.storage ?? {}

export async function readStorageUse(): Promise<StorageUse> {
  const { usage, quota } = await estimate()
  return { usedBytes: usage, quotaBytes: quota, isPersistent: (await manager().persisted?.()) ?? false }
}

/** What the browser still gives this site, about; `undefined` where it does not tell. */
export async function readFreeBytes(): Promise<number | undefined> {
  const { usage = 0, quota } = await estimate()
  return quota === undefined ? undefined : quota - usage
}

/** Asks the browser not to throw the vault away when the disk is full. Whether it says so. */
export async function askToPersist(): Promise<boolean> {
  return (await manager().persist?.().catch(() => false)) ?? false
}

async function estimate(): Promise<StorageEstimate> {
  return (await manager().estimate?.().catch(() => undefined)) ?? {}
}

const units = ['bytes', 'KB', 'MB', 'GB', 'TB'] as const

export function bytesInWords(bytes: number): string {
  const power = bytes < 1000 ? 0 : Math.min(units.length - 1, Math.floor(Math.log10(bytes) / 3))
  const value = bytes / 1000 ** power
  return `${value >= 100 || power === 0 ? Math.round(value) : value.toFixed(1)} ${units[power]}`
}
