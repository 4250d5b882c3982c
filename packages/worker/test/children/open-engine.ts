// Leaves everything open: the engine, its threads, a coffer. The process has to end by itself all the same, and not before all is done.
import { generateKeys, memoryStorage, openCoffer } from '@coffer/core'
import { createWorkerEngine } from '@coffer/worker'

const engine = await createWorkerEngine({ size: 2, idleMs: 600_000 })
const keys = await generateKeys('store')
const coffer = await openCoffer(memoryStorage(), { mode: 'x', keys, engine })
await coffer.write('a', new Uint8Array(3_000_000))
const { length } = await coffer.read('a')
process.on('exit', () => console.log(`${length} bytes, then the end`))
