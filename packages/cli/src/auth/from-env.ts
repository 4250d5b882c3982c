import type { AuthPlugin } from '@coffer/core'
import { CommandError } from '../command-error.js'
import { keysOfText, type KeyRequest } from './keys-of-text.js'

export const envAuth: AuthPlugin = {
  name: 'env',
  kind: 'auth',
  description: 'Keys from a variable of the environment',
  async authenticate(request: KeyRequest) {
    const { source = '', coffer } = request
    const text = process.env[source]
    if (text === undefined) throw new CommandError('configuration', `The environment has no variable ${source} with the keys of ${coffer}.`)
    return keysOfText(text, `the variable ${source}`, request)
  },
}
