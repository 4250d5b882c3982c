export { blobStorage, type BlobStorage, type BlobStorageOptions } from './blob/blob-storage.js'
export type { ArchiveFormat } from './coffer/archive.js'
export {
  openCoffer,
  type AddOptions,
  type AddReport,
  type BrowserCoffer,
  type BrowserOpenOptions,
  type ExtractOptions,
  type ExtractReport,
} from './coffer/browser-coffer.js'
export type { CofferExport } from './coffer/export-file.js'
export type { ExtractProblem } from './coffer/directory-writer.js'
export {
  deleteCoffer,
  exportCoffer,
  exportCofferStream,
  importCoffer,
  isCofferOpen,
  listCoffers,
  watchCoffer,
  type ExportOptions,
  type ImportOptions,
  type LockedOptions,
  type PlaceOptions,
} from './coffer/manage.js'
export type { CofferChange } from './coffer/notices.js'
export { SourceError } from './coffer/source-error.js'
export type { StorageKind } from './coffer/storages.js'
export type { AddSource } from './coffer/tree-source.js'
export { indexedDbStorage } from './indexeddb/indexeddb-storage.js'
export { opfsStorage } from './opfs/opfs-storage.js'
export { createPasskey, forgetPasskey, type CreatePasskeyOptions } from './passkeys/create-passkey.js'
export { enrolPasskey, openKeyringWithPasskey, type EnrolPasskeyOptions } from './passkeys/enrol-passkey.js'
export { PasskeyError, type PasskeyProblem } from './passkeys/passkey-error.js'
export { passkeySupport, type PasskeySupport } from './passkeys/passkey-support.js'
export { askPasskey, passkeysOfHost, type AskPasskeyOptions, type PasskeyAnswer } from './passkeys/use-passkey.js'
export { passwordHash } from './password-hash.js'
export { CofferError, convert, deriveKey, generateKeys, httpStorage, isCofferError } from '@coffer/core'
export type { Coffer, CofferErrorCode, CofferFile, CofferKeys, Member, OpenMode, OpenOptions, Progress, Variant, VariantName, VerifyReport } from '@coffer/core'
