// Takes the lock of a coffer and answers lines: `held`, `release`, `end` (an ordinary exit, without a release).
import { createInterface } from 'node:readline'
import { isCofferError } from '@coffer/core'
import { fileStorage } from '../../src/file-storage.js'

const [path = '', interop = 'true', timeoutMs = '0'] = process.argv.slice(2)

try {
  const lock = await fileStorage(path, { interopLock: interop === 'true' }).lock('exclusive', { timeoutMs: Number(timeoutMs) })
  console.log('locked')
  for await (const line of createInterface(process.stdin)) {
    if (line === 'held') console.log(await lock.isHeld())
    if (line === 'release') {
      await lock.release()
      console.log('released')
    }
    if (line === 'end') process.exit(0)
  }
} catch (error) {
  console.log(isCofferError(error) ? `${error.code} ${error.message}` : String(error))
}
