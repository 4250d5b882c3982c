import type { Command } from 'commander'
import type { App } from '../app.js'
import { usageError } from '../command-error.js'
import { configOf } from '../plugins/config-of.js'

// Each shell asks the command itself, so that what is completed is what this version knows. Names of files are the shell's own business.
const scripts: Readonly<Record<string, string>> = {
  bash: `_coffer() {
  local found word="\${COMP_WORDS[COMP_CWORD]}"
  COMPREPLY=()
  while IFS= read -r found; do
    [[ -n $found && $found == "$word"* ]] && COMPREPLY+=("$found")
  done < <(coffer __complete "\${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null)
  [ \${#COMPREPLY[@]} -gt 0 ] && return
  while IFS= read -r found; do COMPREPLY+=("$found"); done < <(compgen -f -- "$word")
}
complete -o filenames -F _coffer coffer
`,
  zsh: `#compdef coffer
_coffer() {
  local -a found
  found=("\${(@f)$(coffer __complete "\${(@)words[2,CURRENT]}" 2>/dev/null)}")
  if (( \${#found} )) && [[ -n $found[1] ]]; then compadd -a found; fi
  _files
}
compdef _coffer coffer
`,
  fish: `complete -c coffer -a '(coffer __complete (commandline -opc)[2..] (commandline -ct) 2>/dev/null)'
`,
}

/** `coffer completion` */
export async function runCompletion({ out }: App, [shell = '']: readonly string[]): Promise<void> {
  const script = Object.hasOwn(scripts, shell) ? scripts[shell] : undefined
  if (script === undefined) throw usageError(`There is completion for ${Object.keys(scripts).join(', ')}.`)
  await out.bytes(Buffer.from(script))
}

/** What may follow these words of a command line, the last of which is not complete. It never reads a coffer, and asks for nothing. */
export async function complete(program: Command, words: readonly string[]): Promise<string[]> {
  const current = words.at(-1) ?? ''
  let command = program
  for (const word of words.slice(0, -1)) command = command.commands.find((child) => child.name() === word) ?? command
  const before = words.at(-2) ?? ''
  const found = [...candidates(command, before, current)]
  if (before === '-f' || before === '--coffer') found.push(...(await coffersOf(words)))
  // By name: none is loaded for what it has.
  if (words.length === 1 && !current.startsWith('-')) found.push(...(await configOf(words).then(({ plugins }) => [...plugins.keys()]).catch(() => [])))
  return found.filter((word) => word.startsWith(current)).toSorted()
}

function* candidates(command: Command, before: string, current: string): Generator<string> {
  const pending = command.options.find((option) => (option.long === before || option.short === before) && option.required)
  if (pending) {
    yield* pending.argChoices ?? []
    return
  }
  if (current.startsWith('-')) for (const { long } of command.options) yield long ?? ''
  else for (const child of command.commands) if (!child.name().startsWith('__')) yield child.name()
}

async function coffersOf(words: readonly string[]): Promise<readonly string[]> {
  return configOf(words).then(({ names }) => names, () => [])
}
