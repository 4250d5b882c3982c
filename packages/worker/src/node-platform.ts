import type { FileAccess, Platform } from '@coffer/core/internal'
import { nodeAesOcb } from './node-aes-ocb.js'
import { NodeFernet } from './node-fernet.js'
import { nodeZstd } from './node-zstd.js'

/** Deno numbers what is open anew in each thread: a descriptor of one is none of another's, or a file that nobody meant. */
const SHARES_DESCRIPTORS = !('Deno' in globalThis)

/** What Node does better than WebAssembly and WebCrypto, with `files` for the thread that codes. */
export function nodePlatform(files: FileAccess): Platform {
  return { files: SHARES_DESCRIPTORS ? files : undefined, fernet: (key) => new NodeFernet(key), aesOcb: nodeAesOcb, zstd: nodeZstd }
}

/** The same for a thread that codes much: Node's zstd decompresses into fresh memory each time, which takes longer there than zstd-codec in all. */
export function nodeThreadPlatform(files: FileAccess): Platform {
  const { zstd, ...platform } = nodePlatform(files)
  return { ...platform, zstd: zstd && { compress: (plain, level) => zstd.compress(plain, level) } }
}
