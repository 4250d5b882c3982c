export interface BrowserStorageOptions {
  /** Told after each sync of the coffer, and when another file took its place. */
  readonly onSync?: (() => void) | undefined
}
