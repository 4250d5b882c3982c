// Ours and PyCoffer's, run as contestants.

import { randomBytes } from 'node:crypto'
import { mkdir, rm } from 'node:fs/promises'
import { dirname } from 'node:path'
import { runPython, runSubject } from './process.ts'

export type BenchVariant = 'bank' | 'store' | 'market'
export const benchVariants: readonly BenchVariant[] = ['bank', 'store', 'market']

/** The level that PyCoffer's own classes compress with. */
export const pycofferLevels: Readonly<Record<BenchVariant, number>> = { bank: 3, store: 12, market: 12 }

/** Bytes in base64, as they cross to a subject. */
export interface Keys {
  readonly cofferKey?: string
  readonly secureKey?: string
}

/** As `generateKeys` makes them: a bank's container is Fernet. */
export function newKeys(variant: BenchVariant): Keys {
  if (variant === 'store') return { cofferKey: key(32) }
  if (variant === 'market') return { secureKey: key(32) }
  return { cofferKey: key(32), secureKey: key(32) }
}

/** As PyCoffer's `gen_params` makes them: the container of its class for banks is AES with 16 bytes. */
export function newPycofferKeys(variant: BenchVariant): Keys {
  return variant === 'bank' ? { cofferKey: key(16), secureKey: key(32) } : newKeys(variant)
}

function key(bytes: number): string {
  return randomBytes(bytes).toString('base64')
}

export interface CofferTask {
  /** From {@link Installed}. */
  readonly install: string
  readonly path: string
  readonly keys: Keys
  /** Another program of Node than this one. */
  readonly node?: string
  /** For `openCoffer`. */
  readonly options?: Readonly<Record<string, unknown>>
  /** Workers of an engine of its own; the library's choice where left out, the calling thread with 0. */
  readonly workers?: number
  /** Again in the same process, where everything is loaded and compiled. */
  readonly times?: number
}

export interface CofferResult {
  readonly import: number
  /** The first is that of a process that has just started. */
  readonly seconds: readonly number[]
  /** Of each round of the first time. */
  readonly adds: readonly number[]
  readonly size: number
}

/** A file or a folder, and the member that it becomes. */
export interface Source {
  readonly source: string
  readonly name: string
}

export function writeCoffer(
  task: CofferTask & { readonly rounds: readonly (readonly Source[])[] },
): ReturnType<typeof runSubject<CofferResult>> {
  return runSubject('coffer', { ...task, operation: 'write' }, task.node)
}

export function extractCoffer(task: CofferTask & { readonly target: string }): ReturnType<typeof runSubject<CofferResult>> {
  return runSubject('coffer', { ...task, operation: 'extract' }, task.node)
}

export interface PycofferTask {
  readonly variant: BenchVariant
  readonly path: string
  readonly keys: Keys
  readonly rounds?: readonly (readonly Source[])[]
  readonly target?: string
  /** Instead of the level of its class. */
  readonly level?: number
}

export interface PycofferResult {
  readonly write?: number
  readonly adds: readonly number[]
  readonly extract?: number
  readonly size: number
}

export async function runPycoffer(python: string, { keys, rounds, ...task }: PycofferTask): Promise<PycofferResult> {
  const temp = `${task.path}.temp`
  await mkdir(temp, { recursive: true })
  const { result } = await runPython<PycofferResult>(python, 'pycoffer_bench', {
    ...task,
    temp,
    keys: { ...(keys.cofferKey && { coffer_key: keys.cofferKey }), ...(keys.secureKey && { secure_key: keys.secureKey }) },
    ...(rounds && { rounds: rounds.map((files) => files.map(({ source, name }) => [source, name])) }),
  })
  await rm(temp, { recursive: true, force: true })
  return result
}

/** An empty folder at `path`. */
export async function emptyFolder(path: string): Promise<string> {
  await rm(path, { recursive: true, force: true })
  await mkdir(dirname(path), { recursive: true })
  await mkdir(path)
  return path
}
