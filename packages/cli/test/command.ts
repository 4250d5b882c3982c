import { spawn, type ChildProcess } from 'node:child_process'
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll } from 'vitest'

/** The command as it is published: the built file, run by plain Node. */
export const commandPath: string = join(import.meta.dirname, '..', 'dist', 'coffer.js')

export interface RunResult {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

export interface RunOptions {
  readonly stdin?: string | Uint8Array
  readonly env?: Record<string, string>
  readonly cwd?: string
}

/** A folder of a test, with a home directory of its own in it. */
export interface Place {
  readonly folder: string
  readonly home: string
  /** The path of something in the folder. */
  at(...names: string[]): string
  write(name: string, content: string | Uint8Array, mode?: number): string
  read(name: string): string
  /** Runs the command here. */
  coffer(args: readonly string[], options?: RunOptions): Promise<RunResult>
  /** The same, and its stdout; throws where the exit code is another than 0. */
  out(args: readonly string[], options?: RunOptions): Promise<string>
  start(args: readonly string[]): ChildProcess
  env(more?: Record<string, string>): Record<string, string>
}

/** A new folder, deleted after the tests of the file. */
export function createPlace(): Place {
  const folder = mkdtempSync(join(tmpdir(), 'coffer-cli-'))
  const home = join(folder, 'home')
  mkdirSync(home)
  afterAll(() => rmSync(folder, { recursive: true, force: true }))
  const at = (...names: string[]): string => join(folder, ...names)
  const env = (more: Record<string, string> = {}): Record<string, string> => ({ PATH: process.env['PATH'] ?? '', HOME: home, LC_ALL: 'C.UTF-8', TERM: 'xterm', NODE: process.execPath, COFFER: commandPath, ...more })
  const coffer = (args: readonly string[], options: RunOptions = {}): Promise<RunResult> =>
    run(process.execPath, [commandPath, ...args], { cwd: folder, ...options, env: env(options.env) })
  return {
    folder,
    home,
    at,
    env,
    coffer,
    write(name, content, mode = 0o600) {
      const path = at(name)
      mkdirSync(dirname(path), { recursive: true })
      writeFileSync(path, content)
      chmodSync(path, mode)
      return path
    },
    read: (name) => readFileSync(at(name), 'utf8'),
    async out(args, options) {
      const { code, stdout, stderr } = await coffer(args, options)
      if (code !== 0) throw new Error(`coffer ${args.join(' ')}: exit code ${code}\n${stderr}`)
      return stdout
    },
    start: (args) => spawn(process.execPath, [commandPath, ...args], { cwd: folder, env: env(), stdio: ['ignore', 'pipe', 'pipe'] }),
  }
}

/** Runs a program to its end. */
export function run(command: string, args: readonly string[], { stdin = '', env, cwd }: RunOptions): Promise<RunResult> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd, env, stdio: 'pipe' })
    let stdout = ''
    let stderr = ''
    child.stdout.setEncoding('latin1').on('data', (text: string) => (stdout += text))
    child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text))
    // A program that does not read its stdin is no error here.
    child.stdin.on('error', () => undefined)
    child.once('error', reject)
    child.once('close', (code) => resolve({ code, stdout: Buffer.from(stdout, 'latin1').toString('utf8'), stderr }))
    child.stdin.end(stdin)
  })
}

export interface TerminalStep {
  readonly wait: string
  readonly send: string
  /** Seconds between both. */
  readonly after?: number
  /** The terminal is closed then. */
  readonly hangUp?: boolean
}

/** Runs the command, or a line of the shell, on a pseudo-terminal and types. */
export async function onTerminal(
  place: Place,
  command: readonly string[] | { readonly shell: string },
  steps: readonly TerminalStep[] = [],
  more: Record<string, string> = {},
): Promise<{ readonly output: string; readonly code: number; readonly missed: string | null }> {
  const argv = 'shell' in command ? ['sh', '-c', command.shell] : [process.execPath, commandPath, ...command]
  const job = { argv, env: place.env(more), cwd: place.folder, steps }
  const { code, stdout, stderr } = await run('python3', [join(import.meta.dirname, 'terminal.py')], { stdin: JSON.stringify(job) })
  if (code !== 0) throw new Error(`the pseudo-terminal failed:\n${stderr}`)
  return JSON.parse(stdout) as { output: string; code: number; missed: string | null }
}
