// What Coffer's own packages share beyond the public surface. Not covered by any promise of stability.

export { OpenCoffer, type CofferSettings } from './coffer/open-coffer.js'
export { salvageTo, type SalvageTarget } from './coffer/salvage-into.js'
export { beginsAsCoffer } from './coffer/identify.js'
export { inspectLog, type CommitInfo, type LogLayout } from './coffer/inspect.js'
export { openSession, settingsOf } from './coffer/open.js'
export type { Session } from './coffer/session.js'
export { contentOf, memberBatches, readMembers, type MemberContent } from './log/block-reader.js'
export { allHold } from './async/all-hold.js'
export { deferred, type Deferred } from './async/deferred.js'
export { inOrder } from './async/in-order.js'
export { onAbort, orAborted } from './async/on-abort.js'
export { Slots } from './async/slots.js'
export { allocateFresh, type Allocate } from './bytes/memory.js'
export { decodeBase64, encodeBase64 } from './bytes/base64.js'
export { equalBytes, unshared } from './bytes/bytes.js'
export { createAesOcb, type OcbPrimitives } from './cipher/aes-ocb.js'
export { beginToken, FernetCipher, readToken, tokenBytes } from './cipher/fernet.js'
export { cipherKind, type CipherName } from './cipher/kinds.js'
export { authError, randomBytes } from './cipher/sodium.js'
export { adaptiveEngine } from './engine/adaptive.js'
export { createInlineCoder } from './engine/inline.js'
export { loadZstd, type ZstdPrimitives } from './zstd/codec.js'
export type {
  BlockCoder,
  BlockInput,
  BlockPlace,
  BlockStage,
  Compression,
  CreateResult,
  DecodeOptions,
  EncodedExtent,
  EncodeOptions,
  ExtentPlace,
  ExtentSource,
  FileAccess,
  FilePlace,
  FileSpan,
  KeyedCipher,
  NewFile,
  PlaceExtent,
  Platform,
  Recipe,
} from './engine/engine.js'
export { checkMode, checkTime, toMember } from './coffer/member.js'
export { ownedBlocks, rechunk, toBlocks } from './coffer/sources.js'
export { checkNewEntry, type PutSettings } from './coffer/new-entry.js'
export { ENTRIES_AT_ONCE, putEntries, type StartedEntry } from './log/put-entries.js'
export { encodeHeader, paddingBytes } from './tar/header.js'
export { staysInside, type Entry, type FileEntry } from './log/entry.js'
export { checkPlugin } from './plugins/check-plugin.js'
export type { Log } from './log/log.js'
export type { PutOptions, SourceBlock } from './log/log-writer.js'
export { keepsOwnMeta, storageError, systemCode, withStorageErrors } from './storage/system-errors.js'
export { LockTable } from './storage/lock-table.js'
export { checkName, nameProblem, portabilityProblem, quoteName } from './tar/names.js'
