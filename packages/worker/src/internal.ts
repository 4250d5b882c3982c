// What Coffer's own packages for Node share beside the engine; no threads in it. Not covered by any promise of stability.

export { nodeAesOcb } from './node-aes-ocb.js'
export { nodeFernet } from './node-fernet.js'
