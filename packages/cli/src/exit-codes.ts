import type { CofferErrorCode } from '@coffer/core'

/** What a command ends with where no {@link CofferErrorCode} is the cause; docs/CLI.md lists all. */
export const exitCodes = {
  done: 0,
  /** A defect of the program. */
  unexpected: 1,
  /** Arguments that are none. */
  usage: 2,
  /** The command ran, and what it found is not as it should be. */
  problems: 3,
  /** Something would be lost, and nobody said that it may be. */
  declined: 4,
  /** The configuration, or a file of keys, is not usable. */
  configuration: 5,
  interrupted: 130,
  /** Whoever read our output has closed it. */
  closedPipe: 141,
} as const

const cofferCodes: Readonly<Record<CofferErrorCode, number>> = {
  ERR_COFFER_AUTH: 10,
  ERR_COFFER_DAMAGED: 11,
  ERR_COFFER_NOT_A_COFFER: 12,
  ERR_COFFER_LEGACY: 13,
  ERR_COFFER_VARIANT: 14,
  ERR_COFFER_KEY: 15,
  ERR_COFFER_CLOSED: 16,
  ERR_COFFER_NOT_FOUND: 17,
  ERR_COFFER_EXISTS: 18,
  ERR_COFFER_READ_ONLY: 19,
  ERR_COFFER_LOCKED: 20,
  ERR_COFFER_LOCK_LOST: 21,
  ERR_COFFER_NAME: 22,
  ERR_COFFER_CONFLICT: 23,
  ERR_COFFER_NOT_EMPTY: 24,
  ERR_COFFER_FULL: 25,
  ERR_COFFER_PERMISSION: 26,
  ERR_COFFER_IO: 27,
  ERR_COFFER_POISONED: 28,
  ERR_COFFER_EXPECT: 29,
  ERR_COFFER_LIMIT: 30,
  ERR_COFFER_DICTIONARY: 31,
  ERR_COFFER_PLUGIN: 32,
  ERR_COFFER_KEYRING: 33,
  ERR_COFFER_WORKER: 34,
  ERR_COFFER_UNSUPPORTED: 35,
}

/** The exit code for an error of Coffer's. */
export function exitCodeOf(code: CofferErrorCode): number {
  return cofferCodes[code] ?? exitCodes.unexpected
}

/** Every error code with its exit code, for the documentation. */
export function listExitCodes(): readonly (readonly [CofferErrorCode, number])[] {
  return Object.entries(cofferCodes) as [CofferErrorCode, number][]
}
