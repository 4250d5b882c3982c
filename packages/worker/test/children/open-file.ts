// The same with the threads that @coffer/node has by itself; the coffer is at the path that is given.
import { openCoffer, generateKeys } from '@coffer/node'

const [path = ''] = process.argv.slice(2)
let threads = 0
process.on('worker', () => (threads += 1))
const coffer = await openCoffer(path, { mode: 'x', keys: await generateKeys('store') })
await coffer.write('a', new Uint8Array(20_000_000))
await coffer.flush()
const { length } = await coffer.read('a')
process.on('exit', () => console.log(`${length} bytes, ${threads > 0 ? 'some' : 'no'} threads`))
