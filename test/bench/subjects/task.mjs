// A subject reads its task as JSON from standard input and prints its result as the last line.

import { readFileSync } from 'node:fs'

export function readTask() {
  return JSON.parse(readFileSync(0, 'utf8'))
}

export function printResult(result) {
  console.log(JSON.stringify(result))
}

/** Runs `work` so many times, each after `before`, which is not measured, and gives the seconds that each took. */
export async function timeEach(times, before, work) {
  const seconds = []
  for (let index = 0; index < times; index++) {
    await before?.()
    // What an earlier one left behind is collected in nobody's time.
    globalThis.gc?.()
    const start = performance.now()
    await work()
    seconds.push((performance.now() - start) / 1000)
  }
  return seconds
}
