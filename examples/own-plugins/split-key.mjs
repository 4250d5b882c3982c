// @ts-check
// A plugin of the kind `auth`: it gives what opens a coffer. Here, the key is the sum of two halves that two people keep.
// In the configuration: auth: split-key:ann.half,bob.half

import { readFile } from 'node:fs/promises'
import { join } from 'node:path'

/** @type {import('@coffer/core').AuthPlugin} */
export const splitKeyPlugin = {
  name: 'split-key',
  kind: 'auth',
  description: 'A key out of the halves in two files',
  async authenticate({ coffer, source = '', settings = {} }) {
    // `split-key.folder` of the configuration.
    const paths = source.split(',').map((name) => join(settings['folder'] ?? '.', name))
    const [one, other, ...more] = await Promise.all(paths.map((path) => readFile(path)))
    if (!one || other?.length !== one.length || more.length > 0) {
      // What is missing, and never what was found. Of other errors than this kind the command shows nothing.
      throw cofferError('ERR_COFFER_KEY', `${coffer} opens with two files of the same length: name them with a comma between.`)
    }
    return { cofferKey: Uint8Array.from(one, (byte, i) => byte ^ (other[i] ?? 0)) }
  },
}

/**
 * As `new CofferError(code, message)` of `@coffer/core` does, for a module that shall need no package.
 * @param {string} code
 * @param {string} message
 */
function cofferError(code, message) {
  return Object.assign(new Error(message), { name: 'CofferError', code })
}
