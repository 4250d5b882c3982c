import type { AuthPlugin, LazyPlugin } from '@coffer/core'

function lazy(name: string, description: string, load: () => Promise<AuthPlugin>): LazyPlugin {
  return { name, kind: 'auth', description, load }
}

/** Our plugins of the kind `auth`: what `--auth NAME:SOURCE` and the field `auth` of a configuration name. */
export const authPlugins: readonly LazyPlugin[] = [
  lazy('file', 'Keys from a file that only its owner may read, or a keyring', async () => (await import('./from-file.js')).fileAuth),
  lazy('keyring', 'Keys from a keyring, for its password or recovery code', async () => (await import('./from-keyring.js')).keyringAuth),
  lazy('env', 'Keys from a variable of the environment', async () => (await import('./from-env.js')).envAuth),
  lazy('command', 'Keys from what a command writes, such as a password manager', async () => (await import('./from-command.js')).commandAuth),
  lazy('stdin', 'Keys from what is written to the command', async () => (await import('./from-stdin.js')).stdinAuth),
]
