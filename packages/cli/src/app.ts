import type { Prompt } from './terminal/prompt.js'
import type { Output } from './terminal/output.js'
import type { ProgressBar } from './terminal/progress.js'

/** What every command gets beside its arguments. */
export interface App {
  readonly out: Output
  readonly prompt: Prompt
  /** Aborted by Ctrl-C. */
  readonly signal: AbortSignal
  readonly quiet: boolean
  /** A bar for work that may take long; ended when the command ends, at the latest. */
  bar(label: string): ProgressBar
  /** The command found problems, and ends with their exit code though it did what it could. */
  failWith(exitCode: number): void
}
