import type { App } from '../app.js'
import { CommandError } from '../command-error.js'
import { oneOf, passwordsOf, type LoginOptions } from '../target/logins.js'
import { withCoffer } from '../target/open.js'
import type { CofferOptions } from '../target/options.js'
import { printable } from '../terminal/style.js'

interface DeleteOptions extends CofferOptions, LoginOptions {
  readonly force?: boolean
}

/** `coffer password delete` */
export async function runPasswordDelete(app: App, args: readonly string[], options: DeleteOptions): Promise<void> {
  const { out, prompt } = app
  const deleted = await withCoffer(app, options, args, { mode: 'a' }, async (coffer, rest) => {
    const passwords = await passwordsOf(coffer)
    const { id, name } = await passwords.get(oneOf(options, rest))
    if (!options.force) {
      if (!prompt.isPossible) throw new CommandError('declined', `${printable(name)} would be deleted: say --force.`)
      if (!(await prompt.confirm(`Delete the login ${printable(name)}?`))) throw new CommandError('declined', 'Nothing was deleted.')
    }
    return passwords.delete({ id })
  })
  out.note(`Deleted ${printable(deleted.name)}.`)
}
