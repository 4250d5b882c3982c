export { fileStorage, type FileStorageOptions } from './file-storage.js'
export { breakLock } from './lock-file.js'
export {
  openCoffer,
  type AddOptions,
  type AddReport,
  type ExtractOptions,
  type ExtractReport,
  type NodeCoffer,
  type NodeOpenOptions,
} from './node-coffer.js'
export { salvage, type SalvageOptions, type SalvageReport } from './salvage.js'
export { syncPlugin, type Sync, type SyncAction, type SyncChange, type SyncOptions, type SyncReport } from './sync.js'
export type { SymlinkPolicy, WalkOptions } from './tree-walk.js'
export type { ExtractProblem, LinkPolicy, TreeWriterOptions } from './tree-writer.js'
export { CofferError, convert, deriveKey, generateKeys, httpStorage, isCofferError } from '@coffer/core'
export type { Coffer, CofferErrorCode, CofferFile, CofferKeys, Member, OpenMode, OpenOptions, Progress, Variant, VariantName, VerifyReport } from '@coffer/core'
