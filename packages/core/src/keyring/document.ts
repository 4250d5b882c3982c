import { utf8ToText } from '../bytes/bytes.js'
import { CofferError } from '../errors.js'
import type { Json } from './canonical-json.js'
import { bytesToText, Fields } from './fields.js'

const FORMAT = 'coffer-keyring'
const VERSION = 1

/** What is accepted from a file (docs/FORMAT.md, Keyring). */
export const MOST_SLOTS = 16
export const MOST_LABEL_CHARS = 200
const MOST_DOCUMENT_CHARS = 65_536
const MOST_WRAPPED_BYTES = 1024
const MIB = 1_048_576

export const ID_BYTES = 16
export const SALT_BYTES = 16
export const COMMITMENT_BYTES = 32
export const MAC_BYTES = 32
export const PRF_SALT_BYTES = 32
export const LEAST_MEMORY_BYTES: number = 19 * MIB
export const MOST_MEMORY_BYTES: number = 1024 * MIB
export const LEAST_PASSES = 2
export const MOST_PASSES = 16

export interface PasswordParameters {
  readonly type: 'password'
  readonly salt: Uint8Array
  readonly memoryBytes: number
  readonly passes: number
}

export interface RecoveryParameters {
  readonly type: 'recovery'
}

export interface PasskeyParameters {
  readonly type: 'passkey'
  readonly credentialId: Uint8Array
  readonly prfSalt: Uint8Array
  readonly rpId: string
  readonly transports: readonly string[]
}

export type SlotParameters = PasswordParameters | RecoveryParameters | PasskeyParameters

/** A slot as it stands in the document, without its MAC. */
export interface SlotRecord {
  readonly id: Uint8Array
  readonly label: string
  readonly created: Date
  readonly parameters: SlotParameters
  /** The second half of what the secret derives. */
  readonly commitment: Uint8Array
  /** The keys, sealed under the first half. */
  readonly wrapped: Uint8Array
  /** While a rekeying is under way: the keys to come. */
  readonly next: Uint8Array | undefined
}

export interface KeyringRecord {
  readonly id: Uint8Array
  readonly revision: number
  readonly slots: readonly SlotRecord[]
}

/** A document as it was read: the MACs are still to be checked. */
export interface ReadKeyring extends KeyringRecord {
  readonly slotMacs: readonly Uint8Array[]
  readonly mac: Uint8Array
}

/** @throws CofferError `ERR_COFFER_DAMAGED` for what is no keyring, `ERR_COFFER_LIMIT` for more than is accepted from a file. */
export function readDocument(document: string | Uint8Array): ReadKeyring {
  const parsed = parse(document)
  // First, since a newer version may have other fields.
  if (isObject(parsed) && parsed['format'] === FORMAT && typeof parsed['version'] === 'number' && parsed['version'] > VERSION) {
    throw new CofferError('ERR_COFFER_UNSUPPORTED', 'The keyring is of a newer version: take a newer Coffer to open it.')
  }
  const fields = new Fields(parsed, 'The keyring', ['format', 'version', 'id', 'revision', 'slots', 'mac'])
  fields.is('format', FORMAT)
  fields.is('version', VERSION)
  const slots = fields.list('slots', MOST_SLOTS).map(readSlot)
  if (slots.length === 0) fields.fail('has no slots')
  const names = new Set(slots.map(({ slot }) => bytesToText(slot.id)))
  if (names.size !== slots.length) fields.fail('has two slots of one id')
  return {
    id: fields.bytes('id', ID_BYTES),
    revision: fields.whole('revision', 1, Number.MAX_SAFE_INTEGER - 1),
    slots: slots.map(({ slot }) => slot),
    slotMacs: slots.map(({ mac }) => mac),
    mac: fields.bytes('mac', MAC_BYTES),
  }
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function parse(document: string | Uint8Array): unknown {
  if (document.length > MOST_DOCUMENT_CHARS) {
    throw new CofferError(
      'ERR_COFFER_LIMIT',
      `The keyring is too long: ${document.length} characters; accepted is ${MOST_DOCUMENT_CHARS}.`,
    )
  }
  try {
    return JSON.parse(typeof document === 'string' ? document : utf8ToText(document))
  } catch {
    // What the parser says would repeat a part of the file.
    throw new CofferError('ERR_COFFER_DAMAGED', 'The keyring is no JSON: take it from a copy.')
  }
}

const commonFields = ['id', 'type', 'label', 'created', 'commitment', 'wrapped', 'mac']
const fieldsOfType: ReadonlyMap<unknown, readonly string[]> = new Map([
  ['password', ['kdf']],
  ['recovery', []],
  ['passkey', ['credentialId', 'prfSalt', 'rpId', 'transports']],
])

function readSlot(value: unknown): { slot: SlotRecord; mac: Uint8Array } {
  const what = 'A slot of the keyring'
  const given = isObject(value) ? value : {}
  const own = fieldsOfType.get(given['type'])
  if (!own) throw new CofferError('ERR_COFFER_DAMAGED', `${what} is of an unknown type.`)
  const isRekeying = Object.hasOwn(given, 'next')
  const fields = new Fields(value, what, [...commonFields, ...own, ...(isRekeying ? ['next'] : [])])
  const slot = {
    id: fields.bytes('id', ID_BYTES),
    label: fields.text('label', MOST_LABEL_CHARS),
    created: fields.date('created'),
    parameters: readParameters(fields),
    commitment: fields.bytes('commitment', COMMITMENT_BYTES),
    wrapped: fields.bytes('wrapped', 1, MOST_WRAPPED_BYTES),
    next: isRekeying ? fields.bytes('next', 1, MOST_WRAPPED_BYTES) : undefined,
  }
  return { slot, mac: fields.bytes('mac', MAC_BYTES) }
}

function readParameters(fields: Fields): SlotParameters {
  switch (fields.raw('type')) {
    case 'password': {
      const kdf = new Fields(fields.raw('kdf'), 'The `kdf` of a slot of the keyring', ['algorithm', 'salt', 'memoryBytes', 'passes'])
      kdf.is('algorithm', 'argon2id13')
      return {
        type: 'password',
        salt: kdf.bytes('salt', SALT_BYTES),
        memoryBytes: kdf.whole('memoryBytes', LEAST_MEMORY_BYTES, MOST_MEMORY_BYTES),
        passes: kdf.whole('passes', LEAST_PASSES, MOST_PASSES),
      }
    }
    case 'passkey':
      return {
        type: 'passkey',
        credentialId: fields.bytes('credentialId', 1, 1023),
        prfSalt: fields.bytes('prfSalt', PRF_SALT_BYTES),
        rpId: fields.text('rpId', 253),
        transports: fields.list('transports', 8).map((name) =>
          typeof name === 'string' && /^[a-z-]{1,32}$/.test(name) ? name : fields.fail('has a transport that is no name of one'),
        ),
      }
    default:
      return { type: 'recovery' }
  }
}

/** A slot as JSON, without its MAC. */
export function slotToJson({ id, label, created, parameters, commitment, wrapped, next }: SlotRecord): Record<string, Json> {
  return {
    id: bytesToText(id),
    label,
    created: created.toISOString(),
    ...parametersToJson(parameters),
    commitment: bytesToText(commitment),
    wrapped: bytesToText(wrapped),
    ...(next ? { next: bytesToText(next) } : {}),
  }
}

function parametersToJson(parameters: SlotParameters): Record<string, Json> {
  switch (parameters.type) {
    case 'password': {
      const { type, salt, memoryBytes, passes } = parameters
      return { type, kdf: { algorithm: 'argon2id13', salt: bytesToText(salt), memoryBytes, passes } }
    }
    case 'passkey': {
      const { type, credentialId, prfSalt, rpId, transports } = parameters
      return { type, credentialId: bytesToText(credentialId), prfSalt: bytesToText(prfSalt), rpId, transports }
    }
    default:
      return { type: parameters.type }
  }
}
