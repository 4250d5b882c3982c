import { inlineEngine, type Engine } from '@coffer/core'
import type { BlockCoder } from '@coffer/core/internal'

/** The engine of the calling thread, with coders of which some of it is otherwise. */
export function changedEngine(change: (coder: BlockCoder) => Partial<BlockCoder>): Engine {
  const inner = inlineEngine()
  return {
    close: () => inner.close(),
    async createCoder(recipe) {
      const coder = await inner.createCoder(recipe)
      const changed: BlockCoder = {
        concurrency: coder.concurrency,
        usesFiles: false,
        encode: (...call) => coder.encode(...call),
        decode: (...call) => coder.decode(...call),
        decodeInto: (...call) => coder.decodeInto(...call),
        decodeIntoNew: (...call) => coder.decodeIntoNew(...call),
        close: () => coder.close(),
        ...change(coder),
      }
      return changed
    },
  }
}
