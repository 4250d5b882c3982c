export type { BrowserStorageOptions } from './browser-storage.js'
export { indexedDbStorage } from './indexeddb/indexeddb-storage.js'
export { opfsStorage } from './opfs/opfs-storage.js'
