import { Command, Option } from 'commander'
import type { App } from '../app.js'
import type { CofferOptions } from '../target/options.js'

/** The settings that hold for every command. */
export interface Settings {
  readonly json: boolean
  readonly quiet: boolean
}

/** A command's own work, in a file of its own that is loaded when it is asked for. */
export type Run = (app: App, args: readonly string[], options: never) => Promise<void>

/** How a command is declared: what help says of it, and where its work is. */
export interface Declaration {
  readonly name: string
  readonly summary: string
  /** As commander writes them: `[coffer]`, `<source...>`. */
  readonly args?: string
  readonly options?: readonly Option[]
  /** Lines of command and what it does. */
  readonly examples?: readonly (readonly [string, string])[]
  readonly notes?: string
  /** Without the options of a coffer. */
  readonly isAlone?: boolean
  readonly load?: () => Promise<Run>
  readonly children?: readonly Declaration[]
}

/** An option of one command. */
export function option(flags: string, description: string): Option {
  return new Option(flags, description)
}

/** An option that may be given several times; each takes one value, so that arguments may follow it. */
export function repeated(flags: string, description: string): Option {
  return new Option(flags, description).argParser((value: string, before: readonly string[] | undefined) => [...(before ?? []), value])
}

/** A flag's value in the words of its help, refused otherwise. */
export function choice(flags: string, description: string, choices: readonly string[]): Option {
  return new Option(flags, description).choices(choices)
}

/** Options that name a coffer, its keys, and how it is opened. */
function cofferOptions(): Option[] {
  return [
    option('-f, --coffer <name>', 'a coffer of the configuration; without it, the first argument is the coffer'),
    option('-c, --conf <file>', 'the configuration (default: ~/.pycofferrc)'),
    option('--keys <file>', 'keys, or a keyring, from a file that only you may read; - for stdin'),
    option('--auth <kind:source>', 'keys from file:PATH, keyring:PATH, env:NAME, command:LINE or a plugin'),
    option('--password-from <source>', "a keyring's password from file:PATH, env:NAME, command:LINE or stdin"),
    option('--authorization <source>', 'what a web server is sent as Authorization, from file:PATH, env:NAME, command:LINE or stdin'),
    choice('--type <type>', 'the type of coffer, where the keys do not say it', ['bank', 'store', 'market', 'null']),
    option('--legacy [how]', 'read what PyCoffer made ("read"), or one of ours that it changed ("rewritten")'),
    option('--recover', 'open the last commit that verifies, where the end is damaged'),
    option('--lock-timeout <seconds>', 'how long to wait for another program (default: 1)'),
    option('--no-lock', 'read where no lock can be made: in a folder that you may not write to'),
  ]
}

/** The whole command line; `start` makes what commands work with out of the settings. */
export function buildProgram(declarations: readonly Declaration[], start: (settings: Settings) => App): Command {
  const program = new Command('coffer')
    .description('Keeps files in one encrypted container, that PyCoffer reads too.')
    .version(COFFER_VERSION, '-V, --version', 'print the version')
    .exitOverride()
    .showHelpAfterError('(coffer --help lists the commands)')
    .configureOutput({ outputError: (text, write) => write(text.replace(/^error: /, 'coffer: ')) })
    .addHelpText('after', mainExamples)
  for (const declaration of declarations) program.addCommand(toCommand(declaration, start))
  return program
}

/** One command, with those below it. */
export function toCommand(declaration: Declaration, start: (settings: Settings) => App): Command {
  const { name, summary, args, options = [], examples = [], notes, isAlone = false, load, children = [] } = declaration
  const command = new Command(name).description(summary).exitOverride().showHelpAfterError(`(coffer ${name} --help says more)`)
  command.configureOutput({ outputError: (text, write) => write(text.replace(/^error: /, 'coffer: ')) })
  command.helpCommand(false)
  for (const child of children) command.addCommand(toCommand(child, start))
  if (load) {
    if (args !== undefined) for (const arg of args.split(' ')) command.argument(arg)
    for (const one of options) command.addOption(one)
    if (!isAlone) for (const one of cofferOptions()) command.addOption(one)
    command.addOption(option('--json', 'print data as JSON'))
    command.addOption(option('-q, --quiet', 'no notes and no progress on stderr'))
    command.action(async (...called: unknown[]) => {
      const given = command.opts<CofferOptions & { json?: boolean; quiet?: boolean }>()
      const run = await load()
      const positional = called.slice(0, -2).flatMap((arg) => (arg === undefined ? [] : arg)) as string[]
      await run(start({ json: given.json === true, quiet: given.quiet === true }), positional, given as never)
    })
  }
  const help = [examples.length === 0 ? '' : `\nExamples:\n${exampleLines(examples)}`, notes === undefined ? '' : `\n${notes}`]
  command.addHelpText('after', help.filter((text) => text !== '').join('\n'))
  return command
}

function exampleLines(examples: readonly (readonly [string, string])[]): string {
  return examples.map(([line, does]) => `  ${line}\n      ${does}`).join('\n')
}

const mainExamples = `
Examples:
  coffer generate --coffer papers --location ~/papers.pcof
      draw keys for a new coffer and name it in the configuration
  coffer add --coffer papers taxes/ passport.pdf
      put a directory and a file into it
  coffer ls --coffer papers -l
      list what is in it
  coffer extract --coffer papers taxes/2025 -p /tmp/out
      bring a part of it out again
  coffer ls vault.pcof --keys vault.keys
      the same on a coffer by its path, with its keys in a file

Secrets are never arguments: they are asked for, or read from a file, stdin, a variable or a command.
Exit codes: 0 done, 2 usage, 3 problems found, 4 declined, 5 configuration, from 10 one for each kind of failure (docs/CLI.md).`

