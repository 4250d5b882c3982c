import { closeSync, openSync } from 'node:fs'
import { isatty } from 'node:tty'
import { CommanderError, type Command } from 'commander'
import type { App } from './app.js'
import { CommandError, hintOf } from './command-error.js'
import { exitCodeOf, exitCodes } from './exit-codes.js'
import type { Settings } from './declare/build.js'
import { createProgram } from './declare/program.js'
import { createOutput } from './terminal/output.js'
import { createProgressBar, type ProgressBar } from './terminal/progress.js'
import { createPrompt, type Prompt } from './terminal/prompt.js'
import { giveUpStdin } from './terminal/stdin.js'
import { printable, styleFor } from './terminal/style.js'

/** Runs one command and sets the exit code of the process. */
export async function main(args: readonly string[]): Promise<void> {
  const { signal, interrupt, end } = listenForInterrupt()
  // Who writes is told by itself, and ends in order; for stderr there is nobody to tell.
  process.stderr.on('error', () => undefined)
  // What is written without us, such as the help, may fail when all else is done.
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE' && !signal.aborted) process.exitCode ||= report(error, signal)
  })
  const started: ProgressBar[] = []
  let exitCode: number = exitCodes.done
  let finish: (() => Promise<void>) | undefined
  const start = (settings: Settings): App => {
    const out = createOutput(settings, signal)
    let prompt: Prompt | undefined
    finish = () => out.flush()
    const app: App = {
      out,
      signal,
      quiet: settings.quiet,
      get prompt() {
        return (prompt ??= createPrompt(signal, interrupt))
      },
      bar(label) {
        const bar = createProgressBar(label, !settings.quiet)
        started.push(bar)
        return bar
      },
      failWith: (code) => (exitCode ||= code),
    }
    return app
  }
  const program = createProgram(start)
  try {
    await addPluginCommand(program, args, start)
    await program.parseAsync([...args], { from: 'user' })
    await finish?.()
  } catch (error) {
    for (const bar of started) bar.end()
    // What was written so far is data all the same.
    await finish?.().catch(() => undefined)
    exitCode = report(error, signal)
  } finally {
    for (const bar of started) bar.end()
  }
  process.exitCode = exitCode
  if (signal.aborted) end()
}

/** What we have no command for may be a plugin's: only then is the configuration read for it. */
async function addPluginCommand(program: Command, args: readonly string[], start: (settings: Settings) => App): Promise<void> {
  const [word] = args
  if (word === undefined || word.startsWith('-') || word === 'help' || program.commands.some((command) => command.name() === word)) return
  const { configOf } = await import('./plugins/config-of.js')
  const config = await configOf(args)
  if (!config.plugins.has(word)) return
  const { pluginCommand } = await import('./declare/plugin.js')
  program.addCommand(await pluginCommand(config, word, start))
}

interface Interrupts {
  readonly signal: AbortSignal
  /** What Ctrl-C does. */
  readonly interrupt: () => void
  /** Ends the process, whose work has ended in order, also where something that cannot be given up is still under way. */
  readonly end: () => void
}

/** What is interrupted ends in order within so many milliseconds, or all the same; a crash loses nothing that was committed. */
const GRACE_MS = 10_000
/** Waited for what is still to be written, once all is over. */
const LAST_WORDS_MS = 500

/** The first Ctrl-C ends the work in order; the second ends the process. */
function listenForInterrupt(): Interrupts {
  const controller = new AbortController()
  const names = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const
  let first: (typeof names)[number] = 'SIGINT'
  // By the signal itself: exiting waits for calls of the system that never return, such as opening a pipe that nobody writes to.
  const die = (): void => {
    process.removeAllListeners(first)
    process.kill(process.pid, first)
  }
  const interrupt = (name: typeof first = 'SIGINT'): void => {
    if (controller.signal.aborted) {
      die()
      return
    }
    first = name
    const reason = new CommandError('interrupted', 'Interrupted; what was not committed is given up.')
    controller.abort(reason)
    giveUpStdin(reason)
    setTimeout(die, GRACE_MS).unref()
  }
  for (const name of names) process.on(name, () => interrupt(name))
  const end = (): void => {
    setTimeout(die, LAST_WORDS_MS).unref()
  }
  const hadTerminal = [0, 1, 2].some((descriptor) => isatty(descriptor))
  process.once('exit', () => {
    if (!hadTerminal || !isTerminalGone()) return
    first = 'SIGHUP'
    die()
  })
  return { signal: controller.signal, interrupt: () => interrupt(), end }
}

/** Then Node 20 aborts at its exit, with a dump of the memory where these are kept: it sets the terminal back. */
function isTerminalGone(): boolean {
  try {
    closeSync(openSync('/dev/tty', 'r'))
    return false
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ENXIO'
  }
}

/** Tells the user of an error, and what the process ends with. */
function report(error: unknown, signal: AbortSignal): number {
  const tell = (message: string): void => {
    process.stderr.write(`${styleFor(process.stderr)('red', 'coffer:')} ${message.split('\n').map(printable).join('\n')}\n`)
  }
  if (error instanceof CommanderError) return error.exitCode === 0 ? exitCodes.done : exitCodes.usage
  if (signal.aborted) {
    tell('interrupted; what was not committed is given up.')
    return exitCodes.interrupted
  }
  if (error instanceof CommandError) {
    tell(error.message)
    return error.exitCode
  }
  if (!(error instanceof Error)) {
    tell('something failed that gives no reason.')
    return exitCodes.unexpected
  }
  if ((error as NodeJS.ErrnoException).code === 'EPIPE') return exitCodes.closedPipe
  const { code } = error as { readonly code?: unknown }
  if (error.name === 'CofferError' && typeof code === 'string') {
    const cofferCode = code as Parameters<typeof exitCodeOf>[0]
    const hint = hintOf(error) ?? hints[code] ?? ''
    tell(`${error.message}${hint === '' ? '' : `\nAt the terminal: ${hint}`}`)
    return exitCodeOf(cofferCode)
  }
  const system = systemError(error)
  if (system) {
    tell(system.message)
    return system.exitCode
  }
  if (error instanceof TypeError || error instanceof RangeError) {
    tell(error.message)
    return exitCodes.usage
  }
  tell(`${error.message} (this is a defect of the command, or of the system)`)
  return exitCodes.unexpected
}

const NO_SPACE: ReadonlySet<string> = new Set(['ENOSPC', 'EDQUOT', 'EFBIG'])

/** What the process itself lacks, by the call that looks for it. */
const withoutIt: Readonly<Record<string, string | undefined>> = {
  uv_cwd: 'The folder that this runs in is gone: change to another one.',
  uv_os_homedir: 'There is no home directory to find the configuration in: set HOME, or say --conf FILE.',
}

/** An error of the operating system on a file that the user named. */
function systemError(error: Error): { message: string; exitCode: number } | undefined {
  const { code, path, syscall } = error as NodeJS.ErrnoException
  if (code === undefined || syscall === undefined) return undefined
  const missing = withoutIt[syscall]
  if (missing !== undefined) return { message: missing, exitCode: exitCodeOf('ERR_COFFER_NOT_FOUND') }
  const about = path === undefined ? syscall : path
  if (code === 'ENOENT') return { message: `There is no ${about}.`, exitCode: exitCodeOf('ERR_COFFER_NOT_FOUND') }
  if (code === 'EACCES' || code === 'EPERM') return { message: `The system refuses access to ${about}.`, exitCode: exitCodeOf('ERR_COFFER_PERMISSION') }
  if (NO_SPACE.has(code)) return { message: `There is no space left for ${path ?? 'what is written'}.`, exitCode: exitCodeOf('ERR_COFFER_FULL') }
  return { message: `${about}: ${code}.`, exitCode: exitCodeOf('ERR_COFFER_IO') }
}

/** What can be done about an error, in terms of the command, where nobody knows more of it. */
const hints: Readonly<Record<string, string | undefined>> = {
  ERR_COFFER_LEGACY: 'read it with --legacy, or make it one of ours with: coffer convert',
  ERR_COFFER_DAMAGED: '"coffer salvage" brings out what is left.',
  ERR_COFFER_LOCKED: '--lock-timeout SECONDS waits longer.',
  ERR_COFFER_VARIANT: '--type bank, store, market or null.',
}
