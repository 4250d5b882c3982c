// What Coffer's own packages for Node share beside the engine; no threads in it. Not covered by any promise of stability.

export { nodePlatform } from './node-platform.js'
export { byText, decodeName, foundOf, SOURCE_FLAGS, type Child, type ChildName, type Found } from './node-trees.js'
