// Takes and releases the lock of a coffer again and again, and says "two" when it finds that it is not alone inside.
import { readFile, writeFile } from 'node:fs/promises'
import { fileStorage } from '../../src/file-storage.js'

const [path = '', interop = 'true', runMs = '1000'] = process.argv.slice(2)
const storage = fileStorage(path, { interopLock: interop === 'true' })
const inside = `${path}.inside`
const end = Date.now() + Number(runMs)
let rounds = 0
console.log('started')
while (Date.now() < end) {
  const lock = await storage.lock('exclusive', { timeoutMs: 20_000 })
  await writeFile(inside, String(process.pid))
  await new Promise((resolve) => {
    setTimeout(resolve, Math.random() * 4)
  })
  if ((await readFile(inside, 'utf8')) !== String(process.pid)) console.log('two')
  rounds += 1
  await lock.release()
}
console.log(`rounds ${rounds}`)
