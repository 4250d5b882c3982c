// Writes src/cipher/salsa20-wasm.ts: Salsa20's core on WebAssembly SIMD, four blocks at a time. Run by hand, with `wabt` installed:
// `npx -y -p wabt@1.0.39 node packages/core/wasm/salsa20.mjs`. The result is under version control; a test compares it with
// libsodium's Salsa20.

import { writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { delimiter, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

// Of Bernstein's specification, section 4 and 5: the quarter rounds of a column round, then of a row round.
const quarters = [
  [0, 4, 8, 12], [5, 9, 13, 1], [10, 14, 2, 6], [15, 3, 7, 11],
  [0, 1, 2, 3], [5, 6, 7, 4], [10, 11, 8, 9], [15, 12, 13, 14],
]

const get = (name) => `(local.get $${name})`
const set = (name, value) => `(local.set $${name} ${value})`

/** x ^= (a + b) <<< bits */
const step = (x, a, b, bits) => [
  set('t', `(i32x4.add ${get(`x${a}`)} ${get(`x${b}`)})`),
  set(`x${x}`, `(v128.xor (v128.xor ${get(`x${x}`)} (i32x4.shl ${get('t')} (i32.const ${bits}))) (i32x4.shr_u ${get('t')} (i32.const ${32 - bits})))`),
].join('\n')

const rounds = quarters
  .flatMap(([a, b, c, d]) => [step(b, a, d, 7), step(c, b, a, 9), step(d, c, b, 13), step(a, d, c, 18)])
  .join('\n')

/** The 16 words of the state stand at 0; words 8 and 9 are the block counter. Word i of four blocks is one vector. */
const splat = (i) => `(v128.load32_splat offset=${4 * i} (i32.const 0))`
const initial = (i) => (i === 8 ? `(i32x4.add ${splat(8)} (v128.const i32x4 0 1 2 3))` : splat(i))

const words = Array.from({ length: 16 }, (_, i) => i)
const shuffle32 = (a, b, lanes) => {
  const bytes = lanes.flatMap((lane) => [0, 1, 2, 3].map((byte) => 4 * lane + byte))
  return `(i8x16.shuffle ${bytes.join(' ')} ${a} ${b})`
}

/** Words 4g to 4g+3 of the four blocks, turned so that each vector is 16 bytes of one block, and mixed into the message. */
const emit = (g) => {
  const [a, b, c, d] = [0, 1, 2, 3].map((i) => get(`x${4 * g + i}`))
  const out = [
    set('t', shuffle32(a, b, [0, 4, 1, 5])),
    set('u', shuffle32(c, d, [0, 4, 1, 5])),
    set('v', shuffle32(a, b, [2, 6, 3, 7])),
    set('w', shuffle32(c, d, [2, 6, 3, 7])),
  ]
  const rows = [
    shuffle32(get('t'), get('u'), [0, 1, 4, 5]),
    shuffle32(get('t'), get('u'), [2, 3, 6, 7]),
    shuffle32(get('v'), get('w'), [0, 1, 4, 5]),
    shuffle32(get('v'), get('w'), [2, 3, 6, 7]),
  ]
  rows.forEach((row, block) => {
    const offset = 64 * block + 16 * g
    out.push(`(v128.store offset=${offset} (local.get $at) (v128.xor (v128.load offset=${offset} (local.get $at)) ${row}))`)
  })
  return out.join('\n')
}

const wat = `(module
  (memory (export "memory") 2)
  ;; XORs the keystream into the bytes from $at to $end, a multiple of 256 of them.
  (func (export "xor") (param $at i32) (param $end i32)
    (local $round i32) (local $t v128) (local $u v128) (local $v v128) (local $w v128)
    ${words.map((i) => `(local $x${i} v128)`).join(' ')}
    (loop $blocks
      ${words.map((i) => set(`x${i}`, initial(i))).join('\n')}
      (local.set $round (i32.const 10))
      (loop $rounds
        ${rounds}
        (br_if $rounds (local.tee $round (i32.sub (local.get $round) (i32.const 1)))))
      ${words.map((i) => set(`x${i}`, `(i32x4.add ${get(`x${i}`)} ${initial(i)})`)).join('\n')}
      ${[0, 1, 2, 3].map(emit).join('\n')}
      (i32.store offset=32 (i32.const 0) (i32.add (i32.load offset=32 (i32.const 0)) (i32.const 4)))
      (br_if $blocks (i32.lt_u (local.tee $at (i32.add (local.get $at) (i32.const 256))) (local.get $end))))))`

const wabt = await findWabt()()
const { buffer } = wabt.parseWat('salsa20.wat', wat, { simd: true }).toBinary({})
const base64 = Buffer.from(buffer).toString('base64')
const target = join(dirname(fileURLToPath(import.meta.url)), '..', 'src', 'cipher', 'salsa20-wasm.ts')
writeFileSync(target, `// Made by packages/core/wasm/salsa20.mjs.

/** ${buffer.length} bytes of WebAssembly in base64: Salsa20 by SIMD, four blocks at a time. */
export const salsa20Wasm: string =
${base64.match(/.{1,120}/g).map((line) => `  '${line}'`).join(' +\n')}
`)

/** npx puts what it installs on the PATH, not where imports look. */
function findWabt() {
  const folders = (process.env.PATH ?? '').split(delimiter).filter((path) => path.endsWith('.bin')).map((path) => dirname(path))
  return createRequire(import.meta.url)(createRequire(import.meta.url).resolve('wabt', { paths: [...folders, process.cwd()] }))
}
