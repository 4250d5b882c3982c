import type { AuthPlugin } from '@coffer/core'
import { keysOfText, type KeyRequest } from './keys-of-text.js'
import { commandOutput } from './secret-source.js'

export const commandAuth: AuthPlugin = {
  name: 'command',
  kind: 'auth',
  description: 'Keys from what a command writes, such as a password manager',
  async authenticate(request: KeyRequest) {
    const { source = '', signal = new AbortController().signal } = request
    return keysOfText(await commandOutput(source, signal), 'what the command wrote', request)
  },
}
