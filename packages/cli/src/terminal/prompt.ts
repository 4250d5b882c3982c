import { openSync } from 'node:fs'
import { createInterface } from 'node:readline/promises'
import { ReadStream } from 'node:tty'
import { CommandError } from '../command-error.js'

/** Asks the user; questions go to stderr, answers come from the terminal even where stdin is something else. */
export interface Prompt {
  /** Whether there is somebody to ask. */
  readonly isPossible: boolean
  /** Asks for a secret, which is not shown. */
  secret(question: string): Promise<string>
  /** Asks whether to go on; the answer is no unless it is yes. */
  confirm(question: string): Promise<boolean>
}

const CTRL_C = '\u0003'
const CTRL_D = '\u0004'
const ERASERS = new Set(['\u0008', '\u007f'])
const CTRL_U = '\u0015'

/** A prompt on the terminal that the process was started on. */
export function createPrompt(signal: AbortSignal, interrupt: () => void): Prompt {
  const terminal = openTerminal()
  return {
    isPossible: terminal !== undefined,
    async secret(question) {
      if (!terminal) throw noTerminal('a password')
      return readHidden(terminal(), question, signal, interrupt)
    },
    async confirm(question) {
      if (!terminal) throw noTerminal('an answer')
      const input = terminal()
      const lines = createInterface({ input, output: process.stderr })
      lines.on('SIGINT', interrupt)
      try {
        const answer = await lines.question(`${question} [y/N] `, { signal })
        return /^\s*y(es)?\s*$/i.test(answer)
      } finally {
        lines.close()
        release(input)
      }
    },
  }
}

/** How to get at the terminal: stdin where it is one, else the controlling one. */
function openTerminal(): (() => ReadStream) | undefined {
  if (process.stdin.isTTY) return () => process.stdin
  if (!process.stderr.isTTY || process.platform === 'win32') return undefined
  try {
    const descriptor = openSync('/dev/tty', 'r')
    return () => new ReadStream(descriptor)
  } catch {
    return undefined
  }
}

function noTerminal(what: string): CommandError {
  return new CommandError('declined', `There is no terminal to ask for ${what} on; see the options --password-from and --force of the command.`)
}

async function readHidden(input: ReadStream, question: string, signal: AbortSignal, interrupt: () => void): Promise<string> {
  process.stderr.write(question)
  input.setRawMode(true)
  input.setEncoding('utf8')
  let typed: string[] = []
  try {
    return await new Promise<string>((resolve, reject) => {
      const onAbort = (): void => finish(() => reject(signal.reason as Error))
      const finish = (settle: () => void): void => {
        input.off('data', onData)
        input.off('end', onEnd)
        signal.removeEventListener('abort', onAbort)
        settle()
      }
      const onEnd = (): void => finish(() => reject(noTerminal('a password')))
      const onData = (text: string): void => {
        for (const character of text) {
          if (character === '\r' || character === '\n' || (character === CTRL_D && typed.length > 0)) {
            finish(() => resolve(typed.join('')))
            return
          }
          if (character === CTRL_D) onEnd()
          else if (character === CTRL_C) interrupt()
          else if (character === CTRL_U) typed = []
          else if (ERASERS.has(character)) typed.pop()
          else typed.push(character)
        }
      }
      if (signal.aborted) onAbort()
      signal.addEventListener('abort', onAbort, { once: true })
      input.on('data', onData)
      input.on('end', onEnd)
      input.resume()
    })
  } finally {
    input.setRawMode(false)
    process.stderr.write('\n')
    release(input)
  }
}

/** Lets the process end while the terminal stays open. */
function release(input: ReadStream): void {
  input.pause()
  if ((input as unknown) !== process.stdin) input.destroy()
}
