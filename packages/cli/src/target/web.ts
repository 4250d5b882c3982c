import { httpStorage, type CofferStorage } from '@coffer/core'
import { readSecret, parseSecretSource } from '../auth/secret-source.js'
import type { App } from '../app.js'
import { usageError } from '../command-error.js'
import type { CofferOptions } from './options.js'

/** Whether it is the address of a coffer on a web server, which can be read there. */
export function isAddress(location: string): boolean {
  return /^https?:\/\//i.test(location)
}

/** What may be shown of an address: not its query, which may hold a token. @throws CommandError where it is an address that is none. */
export function addressName(address: string): string {
  return storageAt(address).name
}

/** The coffer at an address. @throws CommandError where it is an address that is none. */
export async function webStorage({ prompt, signal }: App, { authorization }: CofferOptions, address: string): Promise<CofferStorage> {
  if (authorization === undefined) return storageAt(address, signal)
  const source = parseSecretSource(authorization, '--authorization')
  return storageAt(address, signal, { Authorization: await readSecret(source, 'Authorization', { prompt, signal }) })
}

function storageAt(address: string, signal?: AbortSignal, headers?: Readonly<Record<string, string>>): CofferStorage {
  try {
    return httpStorage(address, { signal, headers })
  } catch (error) {
    throw error instanceof TypeError ? usageError('This is no address of a coffer: it begins with http:// or https://, and has no password in it (see --authorization).') : error
  }
}
