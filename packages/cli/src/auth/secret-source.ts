import { spawn } from 'node:child_process'
import { CommandError, usageError } from '../command-error.js'
import { readPrivateFile } from '../config/private-file.js'
import type { Prompt } from '../terminal/prompt.js'
import { stdinPieces } from '../terminal/stdin.js'

/** Where a secret comes from: never out of an argument, which every user of the machine can read. */
export type SecretSource =
  | { readonly kind: 'file' | 'env' | 'command'; readonly source: string }
  | { readonly kind: 'stdin' | 'prompt' }

const MOST_BYTES = 1_048_576

/** Reads `file:PATH`, `env:NAME`, `command:LINE`, `stdin` or `prompt`. @throws CommandError */
export function parseSecretSource(text: string, option: string): SecretSource {
  const [, kind, source = ''] = /^(file|env|command):(.+)$/s.exec(text) ?? []
  if (kind !== undefined) return { kind: kind as 'file', source }
  if (text === 'stdin' || text === '-') return { kind: 'stdin' }
  if (text === 'prompt') return { kind: 'prompt' }
  // What was given may be the secret itself, so it is not repeated.
  throw usageError(`${option} says where the secret is: file:PATH, env:NAME, command:LINE, stdin or prompt.`)
}

/** The first line of a secret, or all of it with `whole`. With `onlyLine` there may be no other line. */
export async function readSecret(
  source: SecretSource,
  question: string,
  options: { readonly prompt: Prompt; readonly signal: AbortSignal; readonly whole?: boolean; readonly onlyLine?: boolean },
): Promise<string> {
  const { prompt, signal, whole = false, onlyLine = false } = options
  if (source.kind === 'prompt') return prompt.secret(question)
  const text = await readText(source, signal)
  const line = /^[^\r\n]*/.exec(text)?.[0] ?? ''
  if (onlyLine && text.slice(line.length).trim() !== '') throw usageError('A password is one line, and there are several: give the one that is meant.')
  return whole ? text : line
}

async function readText(source: SecretSource, signal: AbortSignal): Promise<string> {
  if (!('source' in source)) return readStdin(MOST_BYTES)
  if (source.kind === 'command') return commandOutput(source.source, signal)
  if (source.kind === 'env') {
    const text = process.env[source.source]
    if (text === undefined) throw new CommandError('configuration', `The environment has no variable ${source.source}.`)
    return text
  }
  const text = await readPrivateFile(source.source)
  if (text === undefined) throw new CommandError('configuration', `There is no file ${source.source}.`)
  return text
}

/** What a command line writes, run by the user's shell. Its errors go to ours. */
export function commandOutput(line: string, signal: AbortSignal): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(line, { shell: true, stdio: ['inherit', 'pipe', 'inherit'], signal })
    const parts: Buffer[] = []
    let bytes = 0
    child.stdout.on('data', (part: Buffer) => {
      bytes += part.length
      if (bytes > MOST_BYTES) child.kill()
      else parts.push(part)
    })
    child.once('error', (error) => reject(signal.aborted ? (signal.reason as Error) : new CommandError('configuration', `The command that gives a secret could not be run.`, error)))
    child.once('close', (code) => {
      if (code === 0) resolve(Buffer.concat(parts).toString('utf8'))
      else reject(new CommandError('configuration', `The command that gives a secret ended with ${code === null ? 'a signal' : `exit code ${code}`}.`))
    })
  })
}

/** All of stdin as text. */
export async function readStdin(mostBytes: number): Promise<string> {
  const parts: Uint8Array[] = []
  let bytes = 0
  for await (const part of stdinPieces()) {
    bytes += part.length
    if (bytes > mostBytes) throw usageError('There is more on stdin than a secret takes.')
    parts.push(part)
  }
  return Buffer.concat(parts).toString('utf8')
}
