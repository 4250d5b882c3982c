// A plugin of the kind `auth`: it gives keys before there is a coffer. Here the key is the sum of two halves that two people keep.

import { readFile } from 'node:fs/promises'
import { CofferError, type AuthPlugin } from '@coffer/core'

export const splitKeyPlugin: AuthPlugin = {
  name: 'split-key',
  kind: 'auth',
  description: 'A key out of the halves in two files',
  async authenticate({ coffer, source = '' }) {
    const paths = source.split(',')
    const [one, other, ...more] = await Promise.all(paths.map((path) => readFile(path)))
    if (!one || other?.length !== one.length || more.length > 0) {
      // What is missing, and never what was found.
      throw new CofferError('ERR_COFFER_KEY', `${coffer} opens with two files of the same length: name them with a comma between.`)
    }
    return { cofferKey: Uint8Array.from(one, (byte, i) => byte ^ (other[i] ?? 0)) }
  },
}
