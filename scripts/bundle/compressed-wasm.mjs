// WebAssembly that a package carries as base64 gets compressed first, with what every browser can undo: base64 of plain WebAssembly
// hides from gzip what repeats, so that a page would load half as much again.

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

/** Gives the one long base64 literal of a script to `use`, compressed; throws where the script is not as it was. */
function compressed(code, pattern, use) {
  const found = [...code.matchAll(pattern)]
  if (found.length !== 1) throw new Error(`One place with WebAssembly was expected, there are ${found.length}: look at scripts/bundle/compressed-wasm.mjs.`)
  const [[whole, base64]] = found
  const wasm = Buffer.from(base64, 'base64')
  if (!wasm.subarray(0, 4).equals(WASM_MAGIC)) throw new Error('What was found is no WebAssembly.')
  return inflate + code.replace(whole, () => use(deflateRawSync(wasm, { level: 9 }).toString('base64')))
}

/** Of zstd-codec: its script decodes what is in `wasmBinaryFile` when it needs it. */
export function compressZstd(code) {
  let text
  const emptied = compressed(code, /(?<=var wasmBinaryFile="data:application\/octet-stream;base64,)([A-Za-z0-9+/=]{20000,})(?=")/g, (base64) => {
    text = base64
    return ''
  })
  const decode = 'return new Promise(function(resolve,reject){resolve(getBinary())})'
  if (emptied.split(decode).length !== 2) throw new Error('zstd-codec gets its WebAssembly in another way than was known.')
  return emptied.replace(decode, () => `return cofferInflate("${text}")`).replace('if(!wasmBinary&&(ENVIRONMENT_IS_WEB||ENVIRONMENT_IS_WORKER)&&typeof fetch==="function")', 'if(false)')
}

/** Of libsodium's ESM build: an asynchronous function decodes it by a loop of its own. */
export function compressSodium(code) {
  return compressed(code, /\(\w=>\{for\(var [^{}]*new Uint8Array\([^{}]*return \w\}\)\("([A-Za-z0-9+/=]{20000,})"\)/g, (base64) => `await cofferInflate("${base64}")`)
}
