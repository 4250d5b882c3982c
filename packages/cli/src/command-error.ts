import { isCofferError, type CofferErrorCode } from '@coffer/core'
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

const hints = new WeakMap<object, string>()

/** Runs `action`; where it fails with an error of such a code, whoever reports it says `hint`, and not what is said of the code elsewhere. */
export async function withHint<T>(codes: CofferErrorCode | readonly CofferErrorCode[], hint: string, action: () => Promise<T>): Promise<T> {
  try {
    return await action()
  } catch (error) {
    // What was said of it first was said by who knew most of it.
    if (isCofferError(error) && [codes].flat().includes(error.code) && !hints.has(error)) hints.set(error, hint)
    throw error
  }
}

/** What {@link withHint} keeps for an error. */
export function hintOf(error: object): string | undefined {
  return hints.get(error)
}
