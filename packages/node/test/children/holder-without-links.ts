// The holder, where `link` fails as it does on FAT.
import { promises } from 'node:fs'
import { syncBuiltinESMExports } from 'node:module'

promises.link = () => Promise.reject(Object.assign(new Error('EPERM: operation not permitted, link'), { code: 'EPERM', syscall: 'link' }))
syncBuiltinESMExports()
await import('./holder.js')
