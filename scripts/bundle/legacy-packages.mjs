// A Vite plugin for the two packages that do not run as they are in a browser: fernet wants Node's `crypto`; zstd-codec brings an
// asm.js twin twice its size, and builds functions out of text, which a policy without `unsafe-eval` forbids. The WebAssembly in
// zstd-codec and libsodium is compressed.


import { carrySodium, carryZstd } from './carried-wasm.mjs'
import { withoutEval } from './zstd-without-eval.mjs'

const importedFrom = (importer, name) => importer !== undefined && new RegExp(`[\\\\/]node_modules[\\\\/]${name}[\\\\/]`).test(importer)

const virtual = {
  '\0coffer:fernet-crypto': `export function randomBytes(length) {
    const bytes = globalThis.crypto.getRandomValues(new Uint8Array(length))
    return { toString: () => Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('') }
  }
  export default { randomBytes }`,
  '\0coffer:no-asmjs': 'module.exports = function () { throw new Error("zstd-codec: WebAssembly is missing") }',
  '\0coffer:empty': 'module.exports = {}',
}

/** `isForNode`: for Node alone, where nothing is downloaded, the WebAssembly stays as it is. */
export function legacyPackages({ isForNode = false } = {}) {
  const platform = isForNode ? 'node' : 'browser'
  return {
    name: 'coffer-legacy-packages',
    enforce: 'pre',
    resolveId(id, importer) {
      if (id === 'crypto' && importedFrom(importer, 'fernet')) return '\0coffer:fernet-crypto'
      if (!importedFrom(importer, 'zstd-codec')) return undefined
      if (/zstd-codec-binding(\.js)?$/.test(id)) return '\0coffer:no-asmjs'
      return ['fs', 'path', 'crypto'].includes(id) ? '\0coffer:empty' : undefined
    },
    load: (id) => virtual[id],
    transform(code, id) {
      if (/zstd-codec-binding-wasm\.js/.test(id)) return { code: carryZstd(withoutEval(code), platform), map: null }
      if (/[\\/]libsodium-sumo\.mjs/.test(id)) return { code: carrySodium(code, platform), map: null }
      return undefined
    },
  }
}
