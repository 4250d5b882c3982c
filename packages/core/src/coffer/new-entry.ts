import { CofferError } from '../errors.js'
import type { Entry } from '../log/entry.js'
import type { Log } from '../log/log.js'
import { checkName, portabilityProblem, quoteName } from '../tar/names.js'
import { existsError } from './member-errors.js'

/** What may be put into a coffer. */
export interface PutSettings {
  /** Whether names have to be such that all systems can have them. */
  readonly portable: boolean
  /** With `false`, no file takes the place of another. */
  readonly replace?: boolean | undefined
}

/** @throws CofferError `ERR_COFFER_NAME`. */
export function checkMemberName(name: string, { portable }: Pick<PutSettings, 'portable'>): void {
  checkName(name)
  const problem = portable ? portabilityProblem(name) : undefined
  if (problem !== undefined) throw new CofferError('ERR_COFFER_NAME', `${quoteName(name)} is not portable: ${problem}.`)
}

/**
 * Whether an entry may be put: asked before it is written, and again when its turn has come, since those before it were not there yet.
 * @throws CofferError `ERR_COFFER_NAME`, `ERR_COFFER_EXISTS`, `ERR_COFFER_CONFLICT`.
 */
export function checkNewEntry({ catalog }: Log, { name, type }: Pick<Entry, 'name' | 'type'>, settings: PutSettings): void {
  checkMemberName(name, settings)
  if (settings.replace === false && type !== 'directory' && catalog.get(name)) throw existsError(name)
  catalog.checkPlace(name, type)
}
