import { choice, option, repeated, type Declaration } from './build.js'

const which = [option('--name <name>', 'its name'), option('--owner <owner>', 'whose it is'), option('--username <name>', 'its username'), option('--id <id>', 'its id')]

/** Commands on the logins in a coffer. */
export const passwordCommands: Declaration = {
  name: 'password',
  summary: 'logins that are kept in a coffer',
  children: [
    {
      name: 'ls',
      summary: 'list logins, without their secrets',
      args: '[coffer-and-name...]',
      options: which,
      load: async () => (await import('../commands/password-ls.js')).runPasswordLs,
    },
    {
      name: 'add',
      summary: 'add a login; its password is asked for',
      args: '[coffer-and-name...]',
      options: [
        ...which.slice(0, 3),
        repeated('--url <url>', 'an address that it is for; may be repeated'),
        option('--note <text>', 'a note'),
        option('--secret-from <source>', 'the password from file:PATH, env:NAME, command:LINE or stdin'),
        option('--totp-from <source>', 'an otpauth:// address or its base32 secret, from the same places'),
        option('--generate [length]', 'a new random password'),
        option('--replace', 'replace one of the same owner, name and username'),
      ],
      examples: [
        ['coffer password add --coffer papers --name bank --username ann', 'asks for the password'],
        ['coffer password add --coffer papers --name shop --generate 24', 'draws one; "coffer password clip" copies it'],
      ],
      load: async () => (await import('../commands/password-add.js')).runPasswordAdd,
    },
    {
      name: 'show',
      summary: 'print a login with its password',
      args: '[coffer-and-name...]',
      options: [...which, option('--totp', 'its one-time code instead')],
      load: async () => (await import('../commands/password-show.js')).runPasswordShow,
    },
    {
      name: 'clip',
      summary: 'copy a password to the clipboard, which is cleared after a while',
      args: '[coffer-and-name...]',
      options: [...which, option('--totp', 'its one-time code instead'), option('--clear <seconds>', 'when to clear it (default: 45; 0 for never)')],
      load: async () => (await import('../commands/password-clip.js')).runPasswordClip,
    },
    {
      name: 'delete',
      summary: 'delete a login',
      args: '[coffer-and-name...]',
      options: [...which, option('--force', 'without asking')],
      load: async () => (await import('../commands/password-delete.js')).runPasswordDelete,
    },
    {
      name: 'import',
      summary: "take in what Chrome, Firefox or Bitwarden exported, or PyCoffer's own",
      args: '[coffer-and-file...]',
      options: importOptions(),
      examples: [
        ['coffer password import --coffer papers export.json', 'which program it is of is told by the content'],
        ['coffer password import --coffer papers --pycoffer', "what PyCoffer's plugin keeps in this coffer; nothing of it is run"],
      ],
      load: async () => (await import('../commands/password-import.js')).runPasswordImport,
    },
    {
      name: 'import-chrome',
      summary: 'take in the CSV that Chrome exports',
      args: '[coffer-and-file...]',
      options: importOptions(),
      load: async () => (await import('../commands/password-import.js')).runPasswordImportChrome,
    },
    {
      name: 'generate',
      summary: 'print a new random password; needs no coffer',
      options: [
        option('--length <number>', 'how long (default: 20)'),
        option('--characters <kinds>', 'of lower,upper,digit,symbol (default: all)'),
        option('--readable', 'without what is easily mistaken'),
      ],
      isAlone: true,
      load: async () => (await import('../commands/password-generate.js')).runPasswordGenerate,
    },
  ],
}

function importOptions(): NonNullable<Declaration['options']> {
  return [
    option('-i, --file <path>', 'the file, as an option; - for stdin'),
    choice('--format <format>', 'what it is, where the content does not tell', ['chrome-csv', 'firefox-csv', 'bitwarden-csv', 'bitwarden-json']),
    option('--owner <owner>', 'whose they are, instead of the name of the program'),
    option('--keep', 'leave logins that are there as they are'),
    option('--pycoffer', "what PyCoffer's plugin keeps in this coffer"),
  ]
}
