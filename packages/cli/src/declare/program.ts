import { Command } from 'commander'
import type { App } from '../app.js'
import { buildProgram, type Settings } from './build.js'
import { fileCommands } from './files.js'
import { keyCommands } from './keys.js'
import { passwordCommands } from './password.js'
import { toolCommands } from './tools.js'

/** The command line with all its commands. None of their work is loaded. */
export function createProgram(start: (settings: Settings) => App): Command {
  const program = buildProgram([...fileCommands, ...toolCommands, keyCommands, passwordCommands], start)
  // For the scripts of "coffer completion"; its words are another command's, so they are taken as they are.
  const completion = new Command('__complete').argument('[words...]').allowUnknownOption().helpOption(false)
  completion.action(async (words: string[]) => {
    const { complete } = await import('../commands/completion.js')
    process.stdout.write((await complete(program, words)).map((word) => `${word}\n`).join(''))
  })
  const clearing = new Command('__clear-clipboard').argument('<seconds>').action(async (seconds: string) => {
    const { runClearClipboard } = await import('../commands/password-clip.js')
    await runClearClipboard(Number(seconds))
  })
  return program.addCommand(completion, { hidden: true }).addCommand(clearing, { hidden: true })
}
