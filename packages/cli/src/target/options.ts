/** The options that every command on a coffer has. */
export interface CofferOptions {
  readonly coffer?: string
  readonly conf?: string
  readonly keys?: string
  readonly auth?: string
  readonly passwordFrom?: string
  readonly authorization?: string
  readonly type?: string
  readonly legacy?: string | boolean
  readonly recover?: boolean
  readonly lockTimeout?: string
  /** False for `--no-lock`. */
  readonly lock?: boolean
}
