// A new age key. Task: { install }

import { createRequire } from 'node:module'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { printResult, readTask } from './task.mjs'

const require = createRequire(join(readTask().install, 'package.json'))
const { generateIdentity, identityToRecipient } = await import(pathToFileURL(require.resolve('age-encryption')).href)
const identity = await generateIdentity()
printResult({ identity, recipient: await identityToRecipient(identity) })
