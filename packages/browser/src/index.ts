export { indexedDbStorage, type BrowserStorageOptions } from './indexeddb/indexeddb-storage.js'
