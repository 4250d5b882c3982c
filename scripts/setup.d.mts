/** The types of setup.mjs, for the tests that call it. */
export const root: string
export const cacheFolder: string
export const pycofferVersions: readonly PycofferVersion[]
export type PycofferVersion = 'current' | 'pyzstd-0.16.2'
export class SetupError extends Error {}
export interface RunOptions {
  readonly cwd?: string
  readonly env?: Readonly<Record<string, string | undefined>>
  readonly inherit?: boolean
}
export interface RunResult {
  readonly code: number
  readonly signal: string | null
  readonly output: string
}
export function run(command: string, args: readonly string[], options?: RunOptions): Promise<RunResult>
export function runPnpm(args: readonly string[], options?: RunOptions): Promise<RunResult>
export function ensureDependencies(): Promise<boolean>
export function ensureWorkerScripts(): Promise<boolean>
export function ensureNewerNode(): Promise<string | undefined>
export function ensureBun(): Promise<string | undefined>
export function ensureDeno(): Promise<string | undefined>
export function ensurePython(): Promise<boolean>
export function pythonFor(version: PycofferVersion): Promise<string>
