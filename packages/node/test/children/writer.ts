// Writes to a coffer until it is killed: each round puts members that name the round, and says its number once it is committed.
import { openCoffer } from '@coffer/node'

const [path = '', cofferKey = '', secureKey = ''] = process.argv.slice(2)
const keys = { cofferKey: new Uint8Array(Buffer.from(cofferKey, 'hex')), secureKey: new Uint8Array(Buffer.from(secureKey, 'hex')) }
const coffer = await openCoffer(path, { mode: 'a', keys, autoFlush: false, blockBytes: 4096 })
const content = (round: number, length: number): Uint8Array => new Uint8Array(length).fill(round % 251)
let round = coffer.generation
for (;;) {
  round += 1
  await coffer.write('large', content(round, 60_000))
  await coffer.write('small', content(round, 100))
  await coffer.write(`many/${round % 20}`, content(round, 3000))
  if (round % 7 === 0) await coffer.delete('small')
  if (round % 7 === 0) await coffer.write('small', content(round, 100))
  if (round % 11 === 0) await coffer.compact()
  else await coffer.flush()
  console.log(`${round} ${coffer.generation}`)
}
