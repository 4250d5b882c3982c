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

/** Both members of our pair and PyCoffer take the same: an AES key for a bank, since PyCoffer's bank is AES in EAX or OCB. */
export function newKeys(variant: BenchVariant): Keys {
  const key = (bytes: number): string => randomBytes(bytes).toString('base64')
  if (variant === 'store') return { cofferKey: key(32) }
  if (variant === 'market') return { secureKey: key(32) }
  return { cofferKey: key(16), secureKey: key(32) }
}

export interface CofferTask {
  /** From {@link Installed}. */
  readonly install: string
  readonly path: string
  readonly keys: Keys
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
  readonly size: number
}

export interface Source {
  readonly source: string
  readonly name: string
}

export function writeCoffer(task: CofferTask & { readonly sources: readonly Source[] }): ReturnType<typeof runSubject<CofferResult>> {
  return runSubject('coffer', { ...task, operation: 'write' })
}

export function extractCoffer(task: CofferTask & { readonly target: string }): ReturnType<typeof runSubject<CofferResult>> {
  return runSubject('coffer', { ...task, operation: 'extract' })
}

export interface PycofferTask {
  readonly variant: BenchVariant
  readonly path: string
  readonly keys: Keys
  readonly rounds?: readonly (readonly Source[])[]
  readonly target?: string
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
