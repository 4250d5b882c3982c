import { usageError } from '../command-error.js'

/** The globs of `--exclude`. @throws CommandError for one that would take back what another leaves out, as it does elsewhere. */
export function excludedBy(globs: readonly string[] | undefined): readonly string[] | undefined {
  const negated = globs?.find((glob) => glob.startsWith('!'))
  if (negated === undefined) return globs
  throw usageError('--exclude leaves out what matches; "!" takes nothing back. For a name that begins with it, write \\!.')
}
