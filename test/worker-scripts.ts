import { ensureWorkerScripts } from '../scripts/setup.mjs'

/** Before any test: the worker scripts are as new as their sources. */
export async function setup(): Promise<void> {
  await ensureWorkerScripts()
}
