/** Bundlers find the script by this; others get it put at `../dist/` from where this file ends up, as @coffer/worker's. */
export function startOpfsWorker(): Worker {
  return new Worker(new URL('../dist/coffer-opfs.js', import.meta.url), { type: 'module', name: 'coffer-opfs' })
}
