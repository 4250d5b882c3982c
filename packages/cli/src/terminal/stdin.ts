import { fstatSync } from 'node:fs'
import { usageError } from '../command-error.js'

/** What comes in on stdin. @throws CommandError for a directory, of which Node gives nothing, and no error. */
export function stdinPieces(): AsyncIterable<Uint8Array> {
  if (fstatSync(0).isDirectory()) throw usageError('A directory is no input: name it, and not -.')
  return process.stdin
}
