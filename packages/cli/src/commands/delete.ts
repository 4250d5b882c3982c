import { CofferError } from '@coffer/core'
import type { NodeCoffer } from '@coffer/node'
import type { App } from '../app.js'
import { CommandError, usageError } from '../command-error.js'
import { withCoffer } from '../target/open.js'
import type { CofferOptions } from '../target/options.js'
import { count } from '../terminal/format.js'
import { printable } from '../terminal/style.js'

interface DeleteOptions extends CofferOptions {
  readonly file?: string
  readonly recursive?: boolean
  readonly purge?: boolean
  readonly force?: boolean
}

/** `coffer delete` */
export async function runDelete(app: App, args: readonly string[], options: DeleteOptions): Promise<void> {
  const { out, signal, prompt } = app
  const { recursive = false, purge = false, force = false } = options
  const deleted = await withCoffer(app, options, args, { mode: 'a' }, async (coffer, rest) => {
    const names = (options.file === undefined ? rest : [options.file, ...rest]).map((name) => name.replace(/\/+$/, ''))
    if (names.length === 0) throw usageError('Delete what? Name files or directories.')
    const members = await membersOf(coffer, names, recursive)
    if (!force) {
      const what = `${count(members, 'member')} would be deleted: ${names.map(printable).join(', ')}.`
      if (!prompt.isPossible) throw new CommandError('declined', `${what} Say --force to delete without being asked.`)
      if (!(await prompt.confirm(`${what} Delete?`))) throw new CommandError('declined', 'Nothing was deleted.')
    }
    // What is purged is purged once, with the last of them.
    for (const [index, name] of names.entries()) await coffer.delete(name, { recursive, purge: purge && index === names.length - 1, signal })
    return members
  })
  if (out.json) await out.value({ deleted })
  else out.note(`Deleted ${count(deleted, 'member')}.`)
}

async function membersOf(coffer: NodeCoffer, names: readonly string[], recursive: boolean): Promise<number> {
  let members = 0
  for (const name of names) {
    const before = members
    for await (const member of coffer.members(name)) {
      if (member.name === name) members += 1
      else if (member.name.startsWith(`${name}/`)) {
        if (!recursive) throw new CofferError('ERR_COFFER_NOT_EMPTY', `${JSON.stringify(name)} is a directory with members: delete it with --recursive.`)
        members += 1
      }
    }
    if (members === before) throw new CofferError('ERR_COFFER_NOT_FOUND', `There is no ${JSON.stringify(name)} in this coffer.`)
  }
  return members
}
