import type { AuthPlugin } from '@coffer/core'
import { keysOfText, type KeyRequest } from './keys-of-text.js'
import { readStdin } from './secret-source.js'

const MOST_BYTES = 1_048_576

export const stdinAuth: AuthPlugin = {
  name: 'stdin',
  kind: 'auth',
  description: 'Keys from what is written to the command',
  authenticate: async (request: KeyRequest) => keysOfText(await readStdin(MOST_BYTES), 'stdin', request),
}
