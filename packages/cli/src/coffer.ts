#!/usr/bin/env node
const args = process.argv.slice(2)

// The version is asked for by scripts, often: nothing else is loaded for it.
if (args.length === 1 && (args[0] === '--version' || args[0] === '-V')) {
  process.stdout.on('error', (error: NodeJS.ErrnoException) => (process.exitCode = error.code === 'EPIPE' ? 0 : 1))
  process.stdout.write(`${COFFER_VERSION}\n`)
} else void import('./main.js').then(({ main }) => main(args))
