// Takes and releases the lock of a coffer again and again, from one line to the next, and says "two" when it finds that it is not alone inside.
import { once } from 'node:events'
import { readFile, writeFile } from 'node:fs/promises'
import { createInterface } from 'node:readline'
import { fileStorage } from '../../src/file-storage.js'

const [path = '', interop = 'true'] = process.argv.slice(2)
const storage = fileStorage(path, { interopLock: interop === 'true' })
const inside = `${path}.inside`
const orders = createInterface(process.stdin)
let rounds = 0
console.log('started')
await once(orders, 'line')
let isOver = false
orders.once('line', () => (isOver = true))
do {
  const lock = await storage.lock('exclusive', { timeoutMs: 60_000 })
  await writeFile(inside, String(process.pid))
  await new Promise((resolve) => {
    setTimeout(resolve, Math.random() * 4)
  })
  if ((await readFile(inside, 'utf8')) !== String(process.pid)) console.log('two')
  rounds += 1
  await lock.release()
} while (!isOver)
console.log(`rounds ${rounds}`)
process.stdin.destroy()
