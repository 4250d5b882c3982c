import { CofferError } from '../errors.js'

export function notFoundError(name: string): CofferError {
  return new CofferError('ERR_COFFER_NOT_FOUND', `There is no ${JSON.stringify(name)} in this coffer.`)
}

export function existsError(name: string): CofferError {
  return new CofferError('ERR_COFFER_EXISTS', `There is a ${JSON.stringify(name)} in this coffer already.`)
}

export function notEmptyError(name: string): CofferError {
  return new CofferError('ERR_COFFER_NOT_EMPTY', `${JSON.stringify(name)} is a directory with members: delete it with { recursive: true }.`)
}
