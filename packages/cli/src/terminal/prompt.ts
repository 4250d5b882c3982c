import { closeSync, openSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { ReadStream, WriteStream } from 'node:tty'
import { CommandError } from '../command-error.js'

/** Asks the user, on stderr and stdin, or on the terminal itself where one of them is something else. */
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
      const { input, output } = terminal()
      // The terminal itself shows what is typed and takes Ctrl-C. As it was before, nothing has to be set back where it is gone by then.
      const lines = createInterface({ input, terminal: false })
      output.write(`${question} [y/N] `)
      try {
        const answer = await new Promise<string>((resolve, reject) => {
          const none = (): void => resolve('')
          signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true })
          lines.once('line', resolve).once('close', none)
          input.on('error', none)
        })
        return /^\s*y(es)?\s*$/i.test(answer)
      } finally {
        lines.close()
        release({ input, output })
      }
    },
  }
}

interface Terminal {
  readonly input: ReadStream
  readonly output: WriteStream
}

/** How to get at the terminal: stdin and stderr where they are one, else the controlling one. Nothing where neither is. */
function openTerminal(): (() => Terminal) | undefined {
  const { stdin, stderr } = process
  const own = stdin.isTTY ? (): Terminal => ({ input: stdin, output: stderr }) : undefined
  if ((!stdin.isTTY && !stderr.isTTY) || (stdin.isTTY && stderr.isTTY) || process.platform === 'win32') return own
  try {
    closeSync(openSync('/dev/tty', 'r+'))
  } catch {
    return own
  }
  return () => ({
    input: stdin.isTTY ? stdin : new ReadStream(openSync('/dev/tty', 'r')),
    output: stderr.isTTY ? stderr : new WriteStream(openSync('/dev/tty', 'w')),
  })
}

function noTerminal(what: string): CommandError {
  return new CommandError('declined', `There is no terminal to ask for ${what} on; see the options --password-from and --force of the command.`)
}

async function readHidden({ input, output }: Terminal, question: string, signal: AbortSignal, interrupt: () => void): Promise<string> {
  output.write(question)
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
      const onEnd = (): void => finish(() => reject(new CommandError('declined', 'No password was given.')))
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
      input.on('error', onEnd)
      input.resume()
    })
  } finally {
    input.setRawMode(false)
    output.write('\n')
    release({ input, output })
  }
}

/** Lets the process end while the terminal stays open. */
function release({ input, output }: Terminal): void {
  input.pause()
  if ((input as unknown) !== process.stdin) input.destroy()
  if ((output as unknown) !== process.stderr) output.end()
}
