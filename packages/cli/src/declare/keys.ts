import { option, type Declaration } from './build.js'

const newSecret = option('--new-from <source>', 'the new password from file:PATH, env:NAME, command:LINE or stdin')
const label = option('--label <text>', 'what the slot is called')

/** Commands on the keyring beside a coffer. */
export const keyCommands: Declaration = {
  name: 'keys',
  summary: 'passwords and recovery codes that open a coffer',
  notes: 'A keyring stands beside its coffer, as COFFER.keyring, and holds its keys once for each password or recovery code.',
  children: [
    {
      name: 'add',
      summary: 'add a password, or a recovery code; the first makes the keyring',
      args: '[coffer]',
      options: [option('--recovery', 'a recovery code instead of a password; it is printed once'), label, newSecret],
      examples: [
        ['coffer keys add vault.pcof --keys vault.keys', 'asks for a password, and writes vault.pcof.keyring'],
        ['coffer keys add vault.pcof --label laptop', 'one more, after one of those that there are'],
      ],
      load: async () => (await import('../commands/keys-add.js')).runKeysAdd,
    },
    {
      name: 'ls',
      summary: 'list the slots of a keyring; asks for nothing',
      args: '[coffer]',
      load: async () => (await import('../commands/keys-ls.js')).runKeysLs,
    },
    {
      name: 'remove',
      summary: 'remove a slot',
      args: '[coffer-and-slot...]',
      options: [option('--force', 'without asking')],
      examples: [['coffer keys remove vault.pcof laptop', 'by its label, or the beginning of its id']],
      notes: 'Whoever opened it once may have kept the keys: "coffer keys rekey" shuts him out.',
      load: async () => (await import('../commands/keys-remove.js')).runKeysRemove,
    },
    {
      name: 'change-password',
      summary: 'put another password in the place of one',
      args: '[coffer]',
      options: [newSecret],
      load: async () => (await import('../commands/keys-change-password.js')).runKeysChangePassword,
    },
    {
      name: 'recovery',
      summary: 'make a recovery code, printed once, and let it be proven',
      args: '[coffer]',
      options: [label, option('--prove', 'do not make one: prove one that was written down')],
      load: async () => (await import('../commands/keys-recovery.js')).runKeysRecovery,
    },
    {
      name: 'rekey',
      summary: 'give a coffer new keys; slots whose secret is not given are dropped',
      args: '[coffer]',
      options: [option('--force', 'without asking')],
      notes: 'Every chunk is sealed anew. A crash between leaves a keyring that opens the coffer either way.',
      load: async () => (await import('../commands/keys-rekey.js')).runKeysRekey,
    },
  ],
}
