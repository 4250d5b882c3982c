import { concat, equalBytes, utf8 } from '../bytes/bytes.js'
import type { Sodium } from '../cipher/sodium.js'
import type { CofferKeys } from '../coffer/variants.js'
import { canonicalJson, type Json } from './canonical-json.js'
import { slotToJson, type KeyringRecord, type ReadKeyring, type SlotRecord } from './document.js'
import { bytesToText } from './fields.js'

/** The MACs of keyrings whose current keys are given (docs/FORMAT.md, Keyring). */
export class KeyringMac {
  readonly #sodium: Sodium
  readonly #key: Uint8Array

  constructor(sodium: Sodium, { cofferKey = new Uint8Array(0), secureKey = new Uint8Array(0) }: CofferKeys) {
    this.#sodium = sodium
    const joined = concat([cofferKey, secureKey])
    const key = joined.length <= 64 ? joined : sodium.blake2b(joined, 64)
    this.#key = sodium.blake2b(utf8(`coffer/keyring-mac/1/${cofferKey.length}/${secureKey.length}`), 32, key)
  }

  /** The document, authentic. */
  write(keyring: KeyringRecord): string {
    const slots = keyring.slots.map((slot) => ({ ...slotToJson(slot), mac: bytesToText(this.#slotMac(keyring, slot)) }))
    const document = documentOf(keyring, slots)
    return `${JSON.stringify({ ...document, mac: bytesToText(this.#mac(document)) }, undefined, 2)}\n`
  }

  /** Whether the document is as {@link write} made it, and which slots are not. */
  check(read: ReadKeyring): { readonly isIntact: boolean; readonly foreign: readonly SlotRecord[] } {
    const slots = read.slots.map((slot, i) => ({ ...slotToJson(slot), mac: bytesToText(read.slotMacs[i] as Uint8Array) }))
    const isIntact = equalBytes(this.#mac(documentOf(read, slots)), read.mac)
    const foreign = read.slots.filter((slot, i) => !equalBytes(this.#slotMac(read, slot), read.slotMacs[i] as Uint8Array))
    return { isIntact: isIntact && foreign.length === 0, foreign }
  }

  /** With the revision, so that a slot out of an older document is known for one. */
  #slotMac({ id, revision }: KeyringRecord, slot: SlotRecord): Uint8Array {
    return this.#mac({ keyring: bytesToText(id), revision, slot: slotToJson(slot) })
  }

  #mac(value: Json): Uint8Array {
    return this.#sodium.blake2b(utf8(canonicalJson(value)), 32, this.#key)
  }
}

function documentOf({ id, revision }: KeyringRecord, slots: readonly Json[]): Record<string, Json> {
  return { format: 'coffer-keyring', version: 1, id: bytesToText(id), revision, slots }
}
