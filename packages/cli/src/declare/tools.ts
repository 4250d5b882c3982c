import { choice, option, type Declaration } from './build.js'

/** Commands on coffers as files, and on the command itself. */
export const toolCommands: readonly Declaration[] = [
  {
    name: 'generate',
    summary: 'draw keys for a new coffer and write them down',
    args: '[path]',
    options: [
      choice('--type <type>', 'the type of coffer (default: bank)', ['bank', 'store', 'market', 'null']),
      option('--location <path>', 'where the coffer will be: a file, or a directory for .NAME in it (default: here)'),
      option('--backup <extension>', 'keep the coffer as it was, under this extension; none for no backup'),
      choice('--container <cipher>', "a bank's outer cipher: aes-ocb, which PyCoffer's command reads, or fernet", ['aes-ocb', 'fernet']),
      option('-f, --coffer <name>', 'its name in the configuration'),
      option('-c, --conf <file>', 'the configuration (default: ~/.pycofferrc)'),
      option('--keys <file>', 'write the keys into a new file of their own instead'),
      option('--ini', "make a new configuration in INI, which PyCoffer's releases up to 0.1.4 read"),
      option('--print', 'print the section, keys and all, instead of writing it, as PyCoffer does'),
    ],
    examples: [
      ['coffer generate --coffer papers --location ~/papers.pcof', 'keys in ~/.pycofferrc, which is made for you alone'],
      ['coffer generate vault.pcof --keys vault.keys', 'keys in a file of their own'],
      ['(umask 077; coffer generate --coffer papers --print >> ~/.pycofferrc)', "as PyCoffer's own command is used"],
    ],
    notes: 'The coffer itself is made when the first file is added.',
    isAlone: true,
    load: async () => (await import('../commands/generate.js')).runGenerate,
  },
  {
    name: 'check',
    summary: 'verify every byte of a coffer; "check system" tells of this system',
    args: '[coffer]',
    examples: [
      ['coffer check --coffer papers', 'reads everything, names what is bad; exit code 3 if something is'],
      ['coffer check system', 'versions, ciphers, coffers and plugins, for a bug report'],
    ],
    load: async () => (await import('../commands/check.js')).runCheck,
  },
  {
    name: 'info',
    summary: 'show layout, sizes, dead bytes and commits',
    args: '[coffer]',
    examples: [['coffer info --coffer papers --json', 'with id, generation and fingerprint, to notice an older copy later']],
    load: async () => (await import('../commands/info.js')).runInfo,
  },
  {
    name: 'compact',
    summary: 'rewrite a coffer without what is dead',
    args: '[coffer]',
    load: async () => (await import('../commands/compact.js')).runCompact,
  },
  {
    name: 'salvage',
    summary: 'bring out of a damaged coffer whatever is authentic',
    args: '[coffer-and-directory...]',
    options: [option('-p, --path <directory>', 'where to, as an option'), option('--force', 'into a directory that is not empty')],
    examples: [
      ['coffer salvage --coffer papers rescued', 'every member that verifies, and of others what does'],
      ['coffer salvage broken.pcof --keys vault.keys -p rescued --json', 'with a report for a program'],
    ],
    notes: 'The coffer is only read. Exit code 3 where something could not be brought out whole.',
    load: async () => (await import('../commands/salvage.js')).runSalvage,
  },
  {
    name: 'convert',
    summary: "make a coffer of PyCoffer's one of ours, with the same keys",
    args: '[coffer]',
    examples: [
      ['coffer convert --coffer papers', 'PyCoffer reads it all the same'],
      ['coffer convert --coffer papers --legacy rewritten', 'one of ours that PyCoffer has changed'],
    ],
    load: async () => (await import('../commands/convert.js')).runConvert,
  },
  {
    name: 'config',
    summary: 'the configuration that PyCoffer and this command share',
    children: [
      {
        name: 'ls',
        summary: 'list the coffers that it names; no keys',
        options: [option('-c, --conf <file>', 'the configuration (default: ~/.pycofferrc)')],
        isAlone: true,
        load: async () => (await import('../commands/config.js')).runConfigLs,
      },
      {
        name: 'convert',
        summary: "turn PyCoffer's older INI file into YAML",
        options: [
          option('-c, --conf <file>', 'the configuration (default: ~/.pycofferrc)'),
          option('--output <file>', 'write the YAML into a new file instead'),
          option('--force', 'replace the INI file without asking'),
        ],
        isAlone: true,
        load: async () => (await import('../commands/config.js')).runConfigConvert,
      },
    ],
  },
  {
    name: 'plugins',
    summary: 'list plugins: ours, and those of others that the configuration names',
    options: [option('-c, --conf <file>', 'the configuration (default: ~/.pycofferrc)')],
    examples: [
      ['coffer plugins', 'loads those of others, and says what is wrong with them'],
      ['coffer tasks --help', 'commands of a plugin that the configuration calls tasks'],
    ],
    notes: 'A plugin of others is a module of JavaScript, named in the section DEFAULT of the configuration:\n\n  DEFAULT:\n    plugins:\n      tasks: ./plugins/tasks.mjs\n\nIt runs as you do: it can read what you can.',
    isAlone: true,
    load: async () => (await import('../commands/plugins.js')).runPlugins,
  },
  {
    name: 'completion',
    summary: 'print what makes a shell complete commands, options and names',
    args: '<shell>',
    examples: [
      ['source <(coffer completion bash)', 'in ~/.bashrc; likewise zsh in ~/.zshrc'],
      ['coffer completion fish > ~/.config/fish/completions/coffer.fish', 'for fish'],
    ],
    isAlone: true,
    load: async () => (await import('../commands/completion.js')).runCompletion,
  },
]
