import { exitCodes } from './exit-codes.js'

/** A failure of the command itself, with a message for the user and the exit code. It never holds a secret. */
export class CommandError extends Error {
  override readonly name = 'CommandError'
  readonly exitCode: number

  constructor(kind: Exclude<keyof typeof exitCodes, 'done' | 'unexpected'>, message: string, cause?: unknown) {
    super(message, { cause })
    this.exitCode = exitCodes[kind]
  }
}

/** What was asked cannot be done with these arguments. */
export function usageError(message: string): CommandError {
  return new CommandError('usage', message)
}
