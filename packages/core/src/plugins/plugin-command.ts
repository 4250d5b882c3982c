/**
 * What the command `coffer` offers of a plugin: `coffer PLUGIN NAME`. It opens the coffer, with all the options of its own commands,
 * and closes it: with a commit where `run` went well, without one where not.
 */
export interface PluginCommand<T = unknown> {
  /** Letters, digits and dashes. */
  readonly name: string
  /** One line for a list. */
  readonly summary: string
  /** What its arguments are called in its help, such as `text`; without it, it takes none. */
  readonly args?: string | undefined
  readonly options?: readonly PluginCommandOption[] | undefined
  /** Lines of command, each with what it does. */
  readonly examples?: readonly (readonly [string, string])[] | undefined
  /** Opens the coffer for writing, and makes it where there is none. */
  readonly writes?: boolean | undefined
  run(context: PluginCommandContext<T>): Promise<void>
}

export interface PluginCommandOption {
  /** `-n, --number <count>` takes a value, `--all` takes none. */
  readonly flags: string
  readonly description: string
}

/** What a command of a plugin works with. */
export interface PluginCommandContext<T = unknown> {
  /** What the plugin made for the coffer that the command line names. */
  readonly plugin: T
  readonly args: readonly string[]
  /** By name in camel case, those of the coffer among them. */
  readonly options: Readonly<Record<string, unknown>>
  /** What the configuration says to the plugin. */
  readonly settings: Readonly<Record<string, string>>
  /** Whether `--json` asks for data as JSON. */
  readonly json: boolean
  /** One line of data; on a terminal without control characters. */
  readonly print: (line: string) => Promise<void>
  readonly printJson: (value: unknown) => Promise<void>
  /** Tells the user something; not with `--quiet`. */
  readonly note: (text: string) => void
  /** Asks the user for a secret, and does not show it; missing where there is nobody to ask. */
  readonly prompt?: ((question: string) => Promise<string>) | undefined
  /** Aborted by Ctrl-C. */
  readonly signal: AbortSignal
}
