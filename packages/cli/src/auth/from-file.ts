import type { AuthPlugin } from '@coffer/core'
import { CommandError } from '../command-error.js'
import { readPrivateFile } from '../config/private-file.js'
import { keysOfText, type KeyRequest } from './keys-of-text.js'

export const fileAuth: AuthPlugin = {
  name: 'file',
  kind: 'auth',
  description: 'Keys from a file that only its owner may read, or a keyring',
  async authenticate(request: KeyRequest) {
    const { source = '', coffer } = request
    const text = await readPrivateFile(source)
    if (text === undefined) throw new CommandError('configuration', `There is no file ${source} with the keys of ${coffer}.`)
    return keysOfText(text, source, request)
  },
}
