import { deriveKey } from '@coffer/browser'

/** The key of the example's store. A real page asks for the password, keeps only the salt, and does this in a worker: it takes a moment. */
export async function exampleKeys() {
  const salt = new Uint8Array(16).fill(1)
  const { key } = await deriveKey('correct horse battery staple', { salt, memoryBytes: 19 * 1_048_576, passes: 2 })
  return { cofferKey: key }
}
