// Does nothing but look at the clock each millisecond, and prints when it could not: then the machine stood still for everybody, as one does
// whose host gives the processors to others. Times are milliseconds of the monotonic clock, which all processes share.

import { writeSync } from 'node:fs'

const LATE_MS = 4
const cell = new Int32Array(new SharedArrayBuffer(4))
const now = () => Number(process.hrtime.bigint()) / 1e6

writeSync(1, 'ready\n')
for (let before = now(); ;) {
  Atomics.wait(cell, 0, 0, 1)
  const time = now()
  if (time - before > LATE_MS) writeSync(1, `${before} ${time}\n`)
  before = time
}
