import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { root } from '../../scripts/setup.mjs'

export interface RunOptions {
  readonly cwd?: string
  readonly env?: Readonly<Record<string, string>>
  readonly stdin?: string
}

export interface Finished {
  /** From before the process was started until it had ended. */
  readonly seconds: number
  readonly stdout: string
}

/** Runs a program to its end. @throws Error with the end of what it said, where it fails. */
export function runProgram(command: string, args: readonly string[], options: RunOptions = {}): Promise<Finished> {
  return new Promise((resolve, reject) => {
    const start = performance.now()
    const env = { ...process.env, ...options.env }
    const child = spawn(command, args, {
      env,
      stdio: ['pipe', 'pipe', 'pipe'],
      ...(options.cwd !== undefined && { cwd: options.cwd }),
    })
    let stdout = ''
    let stderr = ''
    child.stdout.on('data', (data: Buffer) => (stdout += data.toString()))
    child.stderr.on('data', (data: Buffer) => (stderr += data.toString()))
    child.once('error', reject)
    child.once('close', (code, signal) => {
      const seconds = (performance.now() - start) / 1000
      if (code === 0) resolve({ seconds, stdout })
      else reject(new Error(`${command} ended with ${signal ?? code}:\n${stderr.slice(-2000) || stdout.slice(-2000)}`))
    })
    child.stdin.on('error', () => {
      // A program that reads nothing may be gone before this is written.
    })
    child.stdin.end(options.stdin ?? '')
  })
}

/** What a program prints, or nothing where it is not there or fails. */
export async function output(command: string, args: readonly string[]): Promise<string | undefined> {
  return (await runProgram(command, args).catch(() => undefined))?.stdout
}

/** A pipe of programs, as a shell would run it; fails when any of them does. `args` are "$1" and on. */
export function runShell(script: string, ...args: readonly string[]): Promise<Finished> {
  return runProgram('bash', ['-o', 'pipefail', '-c', script, 'bash', ...args])
}

export interface SubjectResult<T> {
  /** What the subject measured itself. */
  readonly result: T
  /** The whole process, with the start of the interpreter. */
  readonly seconds: number
}

/** Runs a script of test/bench/subjects in a Node of its own, this one or another, without any loader; its last line is the result, as JSON. */
export async function runSubject<T>(name: string, task: unknown, node: string = process.execPath): Promise<SubjectResult<T>> {
  const script = join(root, 'test', 'bench', 'subjects', `${name}.mjs`)
  return lastLine(await runProgram(node, ['--expose-gc', script], { stdin: JSON.stringify(task) }))
}

/** The same for a script of test/bench/python. */
export async function runPython<T>(python: string, name: string, task: unknown): Promise<SubjectResult<T>> {
  const script = join(root, 'test', 'bench', 'python', `${name}.py`)
  return lastLine(await runProgram(python, [script], { stdin: JSON.stringify(task) }))
}

function lastLine<T>({ seconds, stdout }: Finished): SubjectResult<T> {
  return { result: JSON.parse(stdout.trim().split('\n').at(-1) ?? '') as T, seconds }
}
