import { fstatSync } from 'node:fs'
import { usageError } from '../command-error.js'

let isRead = false

/** What comes in on stdin. @throws CommandError for a directory, of which Node gives nothing, and no error. */
export function stdinPieces(): AsyncIterable<Uint8Array> {
  if (fstatSync(0).isDirectory()) throw usageError('A directory is no input: name it, and not -.')
  isRead = true
  return process.stdin
}

/** Has whoever reads stdin, or is about to, fail with `reason`: what writes to it may have nothing to say for long. */
export function giveUpStdin(reason: Error): void {
  if (!isRead) return
  process.stdin.on('error', () => undefined)
  process.stdin.destroy(reason)
}
