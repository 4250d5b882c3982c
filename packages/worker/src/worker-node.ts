import { parentPort } from 'node:worker_threads'
import { expose } from 'comlink/dist/esm/comlink.mjs'
import nodeEndpoint from 'comlink/dist/esm/node-adapter.mjs'
import { createHost } from './host.js'
import { nodeFiles } from './node-files.js'
import { nodeThreadPlatform } from './node-platform.js'
import { nodeTrees } from './node-trees.js'

// The entry of a thread of Node's.
if (!parentPort) throw new Error('worker-node.js runs in a worker thread.')
expose(createHost(nodeThreadPlatform(nodeFiles), nodeTrees), nodeEndpoint(parentPort))
