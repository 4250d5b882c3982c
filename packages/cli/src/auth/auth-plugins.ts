import type { AuthPlugin } from '@coffer/core'
import { commandAuth } from './from-command.js'
import { envAuth } from './from-env.js'
import { fileAuth } from './from-file.js'
import { keyringAuth } from './from-keyring.js'
import { stdinAuth } from './from-stdin.js'

/**
 * Our plugins of the kind `auth`: what `--auth NAME:SOURCE` and the field `auth` of a configuration name. They are not loaded one by
 * one: all stand on the same few modules, and a file more takes longer to load than the lines in it.
 */
export const authPlugins: readonly AuthPlugin[] = [fileAuth, keyringAuth, envAuth, commandAuth, stdinAuth]
