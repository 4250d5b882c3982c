export type { ChunkCipher, CipherKind } from './cipher/cipher.js'
export { deriveKey, type DeriveKeyOptions, type DerivedKey } from './cipher/derive.js'
export type { CipherName } from './cipher/kinds.js'
export type { Coffer, DeleteOptions, MetaOptions, ReadOptions, ReadTextOptions, WriteOptions } from './coffer/coffer.js'
export { convert, type ConvertOptions, type ConvertReport } from './coffer/convert.js'
export type { CofferFile, FileOptions } from './coffer/file-handle.js'
export { generateKeys, type GenerateKeysOptions } from './coffer/keys.js'
export type { Member } from './coffer/member.js'
export { openCoffer } from './coffer/open.js'
export type { Expectation, OnProgress, OpenMode, OpenOptions, Progress, RecoveryReport, TaskOptions } from './coffer/options.js'
export { openSalvage, type Salvage, type SalvagedMember, type SalvagedPiece, type SalvageOptions } from './coffer/salvage.js'
export { salvageInto, type SalvageIntoReport, type SalvagedFile } from './coffer/salvage-into.js'
export type { WriteData } from './coffer/sources.js'
export type { ValueCodec } from './coffer/values.js'
export { defineVariant, type CofferKeys, type Variant, type VariantName, type VariantOptions } from './coffer/variants.js'
export type { BadRange, VerifyReport } from './coffer/verify.js'
export type { Engine } from './engine/engine.js'
export { inlineEngine } from './engine/inline.js'
export { CofferError, isCofferError, type CofferErrorCode } from './errors.js'
export type { Crypt } from './plugins/crypt.js'
export { authenticate } from './plugins/authenticate.js'
export type { PluginCommand, PluginCommandContext, PluginCommandOption } from './plugins/plugin-command.js'
export type {
  AuthAnswer,
  AuthKeys,
  AuthPlugin,
  AuthRequest,
  CofferPlugin,
  FilePlugin,
  LazyPlugin,
  LooseCoding,
  OtherPlugin,
  Plugin,
  PluginFile,
  PluginInfo,
  PluginKind,
  PluginSource,
} from './plugins/plugin.js'
export { listPlugins, loadAuthPlugin } from './plugins/registry.js'
export type {
  CharacterKind,
  GeneratePasswordOptions,
  ImportPasswordsOptions,
  ImportPasswordsReport,
  OneTimeCode,
  Password,
  PasswordFormat,
  PasswordInfo,
  PasswordInput,
  PasswordQuery,
  Passwords,
} from './plugins/passwords.js'
export type {
  AddPasskeyOptions,
  AddSlotOptions,
  CreateKeyringOptions,
  Keyring,
  KeyringOptions,
  KeyringSecret,
  KeyringSlot,
  OpenKeyringOptions,
  ParsedKeyring,
  PasskeyDetails,
  PasskeySlot,
  PasswordCost,
  PasswordHash,
  PasswordSlot,
  RecoverySlot,
  SlotInfo,
} from './keyring/keyring.js'
export { createKeyring, createPrfSalt, openKeyring, parseKeyring } from './keyring/open-keyring.js'
export { isRecoveryCode } from './keyring/recovery-code.js'
export { openWithKeyring, rekeyWithKeyring, type RekeyOptions } from './keyring/rekey.js'
export { httpStorage } from './storage/http.js'
export type { HttpStorageOptions } from './storage/http-source.js'
export { memoryStorage, type MemoryStorage } from './storage/memory.js'
export type { CofferStorage, LockKind, LockOptions, StorageFile, StorageLock, StorageReplacement } from './storage/storage.js'
