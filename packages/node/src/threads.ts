import { availableParallelism } from 'node:os'
import type { Engine } from '@coffer/core'
import { adaptiveEngine, createInlineCoder } from '@coffer/core/internal'
import type { SharedEngine } from '@coffer/worker'
import { nodePlatform } from '@coffer/worker/internal'
import { fileAccess } from './file-access.js'

/** What a file of a tree costs beside its bytes, in bytes that cost as much to be encoded. */
export const ENTRY_COST_BYTES = 65_536
/** The same where it is decoded. */
export const DECODED_ENTRY_COST_BYTES = 262_144
/** Each thread takes 80 ms of a processor to start, and as much again until what it runs is compiled. */
const WORTH_STARTING_BYTES = 16_777_216
/** So many bytes are decoded for one of these: what takes so little time is worth threads only where there is much, the sooner the more there are. */
const DECODED_BYTES = Math.max(2, 16 / availableParallelism())

let threads: Promise<SharedEngine> | undefined
let started: SharedEngine | undefined

const platform = nodePlatform(fileAccess)

/** One for all coffers of the process, whose threads come when there is much to code. */
export const threadsWhenWorthIt: Engine =
  // Deno copies what goes to a thread of `node:worker_threads` for 20 ms a block, and knows no other that lets a process end.
  'Deno' in globalThis
    ? { createCoder: (recipe) => createInlineCoder(recipe, platform), platform, close: () => Promise.resolve() }
    : adaptiveEngine(sharedThreads, {
        expectedBytes: WORTH_STARTING_BYTES,
        largeBytes: WORTH_STARTING_BYTES,
        decodedBytes: DECODED_BYTES,
        platform,
        areRunning: () => runningThreads() !== undefined,
      })

/** The process's threads, if they run: what is small does not wait for them to start. */
export function runningThreads(): SharedEngine | undefined {
  return started?.isRunning ? started : undefined
}

async function sharedThreads(): Promise<Engine> {
  threads ??= import('@coffer/worker').then(({ createSharedEngine }) => createSharedEngine())
  started = await threads
  return started
}
