import { expose } from 'comlink/dist/esm/comlink.mjs'
import { createHost } from './host.js'

// The entry of a browser's module worker.
expose(createHost())
