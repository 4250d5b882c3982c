// Run by memory.test.ts as a process of its own, so that its memory is its own: adds a file to a coffer and extracts it, and prints
// what it took as JSON.

import { rm, stat } from 'node:fs/promises'
import { generateKeys, openCoffer } from '@coffer/node'

const [source, folder] = process.argv.slice(2) as [string, string]
let peakBytes = 0
const watch = setInterval(() => {
  peakBytes = Math.max(peakBytes, process.memoryUsage().rss)
}, 10)

const keys = await generateKeys('store')
const path = `${folder}/large.pcof`
const start = performance.now()
const coffer = await openCoffer(path, { mode: 'x', keys })
await coffer.add(source, 'large')
await coffer.close()
const added = performance.now()
const again = await openCoffer(path, { keys })
await again.extractAll(`${folder}/out`)
await again.close()
const extracted = performance.now()
clearInterval(watch)

// The kernel keeps the peak even between two looks.
const { maxRSS } = process.resourceUsage()
const { size } = await stat(path)
await rm(path)
console.log(JSON.stringify({ peakBytes: Math.max(peakBytes, maxRSS * 1024), size, addMs: added - start, extractMs: extracted - added }))
