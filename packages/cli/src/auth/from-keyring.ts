import type { AuthPlugin } from '@coffer/core'
import { CommandError } from '../command-error.js'
import { fileAuth } from './from-file.js'
import type { KeyRequest } from './keys-of-text.js'

export const keyringAuth: AuthPlugin = {
  name: 'keyring',
  kind: 'auth',
  description: 'Keys from a keyring, for its password or recovery code',
  async authenticate(request: KeyRequest) {
    const answer = await fileAuth.authenticate(request)
    if (!('keyring' in answer)) throw new CommandError('configuration', `${request.source ?? ''} is no keyring.`)
    return answer
  },
}
