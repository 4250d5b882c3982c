import type { Coffer, PasswordQuery, Passwords } from '@coffer/core'
import { usageError } from '../command-error.js'

/** Options that say which login is meant. */
export interface LoginOptions {
  readonly name?: string
  readonly owner?: string
  readonly username?: string
  readonly id?: string
}

/** The logins of a coffer. */
export async function passwordsOf(coffer: Coffer): Promise<Passwords> {
  return coffer.plugin<Passwords>('password')
}

/** Which login is meant: by options, or its name as an argument. */
export function queryOf({ name, owner, username, id }: LoginOptions, rest: readonly string[]): PasswordQuery {
  const [first, ...more] = rest
  if (more.length > 0 || (first !== undefined && name !== undefined)) throw usageError('One name; options say more: --owner, --username, --id.')
  return { name: name ?? first, owner, username, id }
}

/** The same, and not all of them. */
export function oneOf(options: LoginOptions, rest: readonly string[]): PasswordQuery {
  const query = queryOf(options, rest)
  if (Object.values(query).every((value) => value === undefined)) throw usageError('Which login? Give its name: --name NAME.')
  return query
}
