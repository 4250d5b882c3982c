import { choice, option, repeated, type Declaration } from './build.js'

/** Commands on what is in a coffer. */
export const fileCommands: readonly Declaration[] = [
  {
    name: 'ls',
    summary: 'list what is in a coffer',
    args: '[coffer-and-prefixes...]',
    options: [option('-l, --long', 'with mode, size and time')],
    examples: [
      ['coffer ls --coffer papers', 'all names, one a line'],
      ['coffer ls --coffer papers -l taxes/', 'what is below taxes/, with sizes and times'],
      ['coffer ls vault.pcof --keys vault.keys --json', 'a coffer by its path, for a program to read'],
    ],
    load: async () => (await import('../commands/ls.js')).runLs,
  },
  {
    name: 'add',
    summary: 'add files and directories',
    args: '[coffer-and-sources...]',
    options: [
      option('-s, --source <path>', 'the file or directory to add, as an option'),
      option('-t, --target <name>', "its name in the coffer (default: the source's own)"),
      option('--replace', 'replace files that are in the coffer already'),
      repeated('--exclude <glob>', 'leave out what matches, such as *.log or node_modules; may be repeated'),
      choice('--symlinks <how>', 'keep symlinks, follow them inside the source, or skip them', ['store', 'follow', 'skip']),
    ],
    examples: [
      ['coffer add --coffer papers taxes passport.pdf', 'a directory and a file, in one commit'],
      ['coffer add --coffer papers -s notes.txt -t diary/today.txt', 'under another name'],
      ['tar c home | coffer add vault.pcof --keys vault.keys - -t home.tar', 'what comes in on stdin'],
      ['coffer add --coffer papers src --exclude node_modules --exclude "*.log"', 'without what can be made again'],
    ],
    notes: 'All or nothing: with Ctrl-C or an error, nothing of it is in the coffer.',
    load: async () => (await import('../commands/add.js')).runAdd,
  },
  {
    name: 'extract',
    summary: 'bring files out into a directory',
    args: '[coffer-and-names...]',
    options: [
      option('-p, --path <directory>', 'where to (default: here)'),
      option('-i, --file <name>', 'the file or directory to extract, as an option'),
      option('--all', 'everything'),
      option('--force', 'replace files that are there, without asking'),
      choice('--links <which>', 'symlinks to make: those that stay inside, all, or none', ['inside', 'all', 'skip']),
    ],
    examples: [
      ['coffer extract --coffer papers taxes/2025 -p out', 'a part of it, as out/taxes/2025'],
      ['coffer extract --coffer papers --all -p out', 'everything'],
    ],
    load: async () => (await import('../commands/extract.js')).runExtract,
  },
  {
    name: 'cat',
    summary: 'write files to stdout',
    args: '[coffer-and-names...]',
    examples: [
      ['coffer cat --coffer papers diary/today.txt', 'a file, as it is'],
      ['coffer cat vault.pcof --keys vault.keys home.tar | tar t', 'into another program'],
    ],
    load: async () => (await import('../commands/cat.js')).runCat,
  },
  {
    name: 'delete',
    summary: 'delete files and directories',
    args: '[coffer-and-names...]',
    options: [
      option('-i, --file <name>', 'what to delete, as an option'),
      option('-r, --recursive', 'a directory with all below it'),
      option('--purge', 'rewrite the coffer, so that nothing of it is left in the file'),
      option('--force', 'without asking'),
    ],
    examples: [
      ['coffer delete --coffer papers diary/today.txt', 'asks first'],
      ['coffer delete --coffer papers -r --force --purge taxes/2009', 'for a script; gone from the file when it returns'],
    ],
    load: async () => (await import('../commands/delete.js')).runDelete,
  },
  {
    name: 'mv',
    summary: 'rename a file or directory in a coffer',
    args: '[coffer-and-names...]',
    examples: [['coffer mv --coffer papers taxes archive/taxes', 'with all below it; nothing is encoded again']],
    load: async () => (await import('../commands/mv.js')).runMv,
  },
  {
    name: 'sync',
    summary: 'bring a directory in a coffer up to date, or the reverse [PyCoffer: rsync]',
    args: '[coffer-source-target...]',
    options: [
      option('-s, --source <path>', 'the directory, as an option'),
      option('-t, --target <name>', 'the directory in the coffer, as an option'),
      option('--back', 'out of the coffer: SOURCE is in it, TARGET is a directory'),
      option('-n, --dry', 'only say what would change'),
      option('--checksum', 'compare contents, not sizes and times'),
      option('--delete', 'delete what the source does not have'),
      repeated('--exclude <glob>', 'leave alone what matches, on both sides; may be repeated'),
      option('--force', 'delete without asking'),
    ],
    examples: [
      ['coffer sync --coffer papers ~/papers papers --dry', 'what would be written'],
      ['coffer sync --coffer papers ~/papers papers --delete', 'make it the same; only what changed is written'],
      ['coffer sync --coffer papers --back papers ~/papers', 'the other way'],
    ],
    notes: 'A file is taken for unchanged when size and time are the same, to the second (as rsync does), or the content with --checksum, and so is the mode.',
    load: async () => (await import('../commands/sync.js')).runSync,
  },
  {
    name: 'crypt',
    summary: 'encrypt a loose file with the keys of a coffer',
    args: '[coffer-source-target...]',
    options: looseOptions('clear', 'encrypted'),
    examples: [
      ['coffer crypt --coffer papers letter.pdf letter.pdf.crypt', 'a file that only the keys of the coffer open'],
      ['pg_dump db | coffer crypt --coffer papers - - > db.crypt', 'from stdin to stdout'],
    ],
    load: async () => (await import('../commands/crypt.js')).runCrypt,
  },
  {
    name: 'decrypt',
    summary: 'decrypt what crypt made',
    args: '[coffer-source-target...]',
    options: looseOptions('encrypted', 'clear'),
    examples: [['coffer decrypt --coffer papers letter.pdf.crypt letter.pdf', 'also what PyCoffer made']],
    load: async () => (await import('../commands/crypt.js')).runDecrypt,
  },
]

function looseOptions(from: string, to: string): NonNullable<Declaration['options']> {
  return [
    option('-s, --source <path>', `the ${from} file, as an option; - for stdin`),
    option('-t, --target <path>', `the ${to} file, as an option; - for stdout`),
    option('--force', 'replace a target that is there'),
  ]
}
