// WebAssembly that a package carries as base64, which it decodes by a slow loop of its own. For browsers it gets compressed first, with
// what every one can undo: base64 of plain WebAssembly hides from gzip what repeats, so that a page would load half as much again.
// For Node, where nothing is downloaded, it stays as it is and Node decodes it.

import { deflateRawSync } from 'node:zlib'

const WASM_MAGIC = Buffer.from('\0asm', 'latin1')

const inflate = `async function cofferInflate(text) {
  const letters = atob(text)
  const bytes = new Uint8Array(letters.length)
  for (let i = 0; i < letters.length; i++) bytes[i] = letters.charCodeAt(i)
  const plain = new Blob([bytes]).stream().pipeThrough(new DecompressionStream('deflate-raw'))
  return new Uint8Array(await new Response(plain).arrayBuffer())
}
`

/** Ways to carry WebAssembly in a script: `code` precedes it, `bytesOf` is an expression for the bytes, or for a promise of them. */
const carriers = {
  browser: { code: inflate, bytesOf: (wasm) => `cofferInflate("${deflateRawSync(wasm, { level: 9 }).toString('base64')}")` },
  node: { code: '', bytesOf: (wasm) => `Buffer.from("${wasm.toString('base64')}", "base64")` },
}

/** Gives the one long base64 literal of a script to `use`, as an expression for its bytes; throws where the script is not as it was. */
function carried(code, platform, pattern, use) {
  const found = [...code.matchAll(pattern)]
  if (found.length !== 1) throw new Error(`One place with WebAssembly was expected, there are ${found.length}: look at scripts/bundle/carried-wasm.mjs.`)
  const [[whole, base64]] = found
  const wasm = Buffer.from(base64, 'base64')
  if (!wasm.subarray(0, 4).equals(WASM_MAGIC)) throw new Error('What was found is no WebAssembly.')
  const carrier = carriers[platform]
  return carrier.code + code.replace(whole, () => use(carrier.bytesOf(wasm)))
}

/** Of zstd-codec: its script decodes what is in `wasmBinaryFile` when it needs it. */
export function carryZstd(code, platform) {
  let bytes
  const emptied = carried(code, platform, /(?<=var wasmBinaryFile="data:application\/octet-stream;base64,)([A-Za-z0-9+/=]{20000,})(?=")/g, (expression) => {
    bytes = expression
    return ''
  })
  const decode = 'return new Promise(function(resolve,reject){resolve(getBinary())})'
  if (emptied.split(decode).length !== 2) throw new Error('zstd-codec gets its WebAssembly in another way than was known.')
  return emptied.replace(decode, () => `return Promise.resolve(${bytes})`).replace('if(!wasmBinary&&(ENVIRONMENT_IS_WEB||ENVIRONMENT_IS_WORKER)&&typeof fetch==="function")', 'if(false)')
}

/** Of libsodium's ESM build: an asynchronous function decodes it by a loop of its own. */
export function carrySodium(code, platform) {
  return carried(code, platform, /\(\w=>\{for\(var [^{}]*new Uint8Array\([^{}]*return \w\}\)\("([A-Za-z0-9+/=]{20000,})"\)/g, (expression) => `await ${expression}`)
}
