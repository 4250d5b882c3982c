import type { FileAccess, Platform } from '@coffer/core/internal'
import { nodeAesOcb } from './node-aes-ocb.js'
import { nodeFernet } from './node-fernet.js'
import { nodeZstd } from './node-zstd.js'

/** What Node does better than WebAssembly and WebCrypto, with `files` for the thread that codes. */
export function nodePlatform(files: FileAccess): Platform {
  return { files, fernet: nodeFernet, aesOcb: nodeAesOcb, zstd: nodeZstd }
}
