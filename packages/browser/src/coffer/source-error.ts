import { CofferError } from '@coffer/core'
import { quoteName } from '@coffer/core/internal'
import { errorName } from '../browser-errors.js'

const forbidden: readonly string[] = ['NotAllowedError', 'SecurityError']
const unreadable: readonly string[] = [...forbidden, 'NotFoundError', 'NotReadableError']

/** What was to be added could not be read: it was deleted, moved or changed meanwhile, or the browser may not read it. Nothing is wrong with the coffer. */
export class SourceError extends CofferError {
  /** Which file or directory, by the name that it has or was to get. */
  readonly source: string

  constructor(source: string, cause: unknown) {
    const name = errorName(cause)
    super(forbidden.includes(name) ? 'ERR_COFFER_PERMISSION' : 'ERR_COFFER_IO', `Could not read ${quoteName(source)} to add it (${name}).`, cause)
    this.source = source
  }
}

/** The result of `action`, which reads what is to be added. @throws SourceError */
export async function readable<T>(name: string, action: () => Promise<T>): Promise<T> {
  try {
    return await action()
  } catch (error) {
    throw new SourceError(name, error)
  }
}

/** The pieces of a file that is to be added. @throws SourceError where it turns out on the way that it cannot be read. */
export async function* readablePieces<T>(name: string, pieces: AsyncIterable<T>): AsyncGenerator<T> {
  try {
    yield* pieces
  } catch (error) {
    throw error instanceof DOMException && unreadable.includes(error.name) ? new SourceError(name, error) : error
  }
}
