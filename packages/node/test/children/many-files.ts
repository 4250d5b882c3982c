// Adds a directory to a coffer and extracts it again; prints the reports.
import { generateKeys } from '@coffer/core'
import { openCoffer } from '../../src/node-coffer.js'

const [source = '', path = '', target = ''] = process.argv.slice(2)
const keys = await generateKeys('store')
const coffer = await openCoffer(path, { mode: 'x', keys })
const added = await coffer.add(source, 'files')
await coffer.flush()
const extracted = await coffer.extractAll(target)
await coffer.close()
console.log(JSON.stringify({ added, extracted }))
