// Adds a directory to a coffer and extracts it again; prints the reports. So many descriptors are taken first.
import { openSync } from 'node:fs'
import { setTimeout } from 'node:timers/promises'
import { generateKeys } from '@coffer/core'
import { openCoffer } from '../../src/node-coffer.js'

const [source = '', path = '', target = '', taken = ''] = process.argv.slice(2)
// Not by a lower limit from the beginning: in some versions of Node all modules are open at once, and the files that tsx keeps them in.
await setTimeout(1000)
for (let i = 0; i < Number(taken); i++) openSync('/dev/null', 'r')
const keys = await generateKeys('store')
const coffer = await openCoffer(path, { mode: 'x', keys })
const added = await coffer.add(source, 'files')
await coffer.flush()
const extracted = await coffer.extractAll(target)
await coffer.close()
console.log(JSON.stringify({ added, extracted }))
