import { equalBytes } from '../bytes/bytes.js'
import { randomBytes, type Sodium } from '../cipher/sodium.js'
import type { CofferKeys } from '../coffer/variants.js'
import { CofferError } from '../errors.js'
import { KeyringMac } from './authentic.js'
import { MOST_SLOTS, type KeyringRecord, type ReadKeyring, type SlotRecord } from './document.js'
import { bytesToText } from './fields.js'
import { findSlot, noSlotError, placeOf, type OpenedSlot } from './find-slot.js'
import type {
  AddPasskeyOptions,
  AddSlotOptions,
  Keyring,
  KeyringOptions,
  KeyringSecret,
  KeyringSlot,
  PasskeySlot,
  PasswordCost,
  PasswordSlot,
  RecoverySlot,
} from './keyring.js'
import { checkLabel, makeSlot, passkeyParameters, passwordParameters, type MadeSlot } from './make-slot.js'
import { formatRecoveryCode } from './recovery-code.js'
import { toSlotInfo } from './slot-info.js'
import { copyKeys, sameKeys, wrapKeys, type SlotKeys } from './slot-secret.js'

/** All of an open keyring's state; a change makes another. */
interface State extends KeyringRecord {
  readonly keys: CofferKeys
  readonly nextKeys: CofferKeys | undefined
  readonly document: string
  readonly isChanged: boolean
  readonly foreign: ReadonlySet<string>
}

/** An open keyring. What takes time is derived first; then a change happens at once, over the state of that moment. */
export class OpenKeyring implements Keyring {
  readonly openedWith: string
  readonly #sodium: Sodium
  readonly #options: KeyringOptions
  /** Of the slots whose secret was seen: the opened one, and those made since. */
  readonly #slotKeys = new Map<string, SlotKeys>()
  #state: State

  private constructor(sodium: Sodium, options: KeyringOptions, state: State, openedWith: string) {
    this.#sodium = sodium
    this.#options = { passwordHash: options.passwordHash }
    this.#state = state
    this.openedWith = openedWith
  }

  static create(sodium: Sodium, id: Uint8Array, keys: CofferKeys, made: readonly MadeSlot[], options: KeyringOptions): OpenKeyring {
    const [first] = made
    if (!first) throw new Error('a keyring was made without a slot')
    const empty = { id, revision: 0, slots: [], keys, nextKeys: undefined, document: '', isChanged: false, foreign: new Set<string>() }
    const keyring = new OpenKeyring(sodium, options, empty, bytesToText(first.id))
    keyring.#change({ slots: made.map((slot) => keyring.#wrap(slot)) })
    return keyring
  }

  static open(
    sodium: Sodium,
    { read, text, opened, check }: { read: ReadKeyring; text: string; opened: OpenedSlot; check: ReturnType<KeyringMac['check']> },
    options: KeyringOptions,
  ): OpenKeyring {
    const { id, revision, slots } = read
    const foreign = new Set(check.foreign.map((slot) => bytesToText(slot.id)))
    const state = { id, revision, slots, keys: opened.keys, nextKeys: opened.next, document: text, isChanged: !check.isIntact, foreign }
    const keyring = new OpenKeyring(sodium, options, state, bytesToText(opened.slot.id))
    keyring.#slotKeys.set(keyring.openedWith, opened.slotKeys)
    return keyring
  }

  get id(): string {
    return bytesToText(this.#state.id)
  }

  get revision(): number {
    return this.#state.revision
  }

  get keys(): CofferKeys {
    return copyKeys(this.#state.keys)
  }

  get rekeying(): boolean {
    return this.#state.slots.some((slot) => slot.next !== undefined)
  }

  get pendingKeys(): CofferKeys | undefined {
    return this.#state.nextKeys && copyKeys(this.#state.nextKeys)
  }

  get slots(): readonly KeyringSlot[] {
    return this.#state.slots.map(toSlotInfo)
  }

  get changed(): boolean {
    return this.#state.isChanged
  }

  get foreignSlots(): readonly string[] {
    return [...this.#state.foreign]
  }

  get document(): string {
    return this.#state.document
  }

  clone(): Keyring {
    const copy = new OpenKeyring(this.#sodium, this.#options, this.#state, this.openedWith)
    for (const [id, keys] of this.#slotKeys) copy.#slotKeys.set(id, keys)
    return copy
  }

  async addPassword(password: string, options: AddSlotOptions & PasswordCost = {}): Promise<PasswordSlot> {
    return (await this.#add({ password }, passwordParameters(options), options)) as PasswordSlot
  }

  async addRecoveryCode(options: AddSlotOptions = {}): Promise<{ readonly slot: RecoverySlot; readonly recoveryCode: string }> {
    const recoveryCode = formatRecoveryCode(randomBytes(26))
    const slot = (await this.#add({ recoveryCode }, { type: 'recovery' }, options)) as RecoverySlot
    return { slot, recoveryCode }
  }

  async addPasskey({ prf, label, ...details }: AddPasskeyOptions): Promise<PasskeySlot> {
    return (await this.#add({ prf }, passkeyParameters(details), { label })) as PasskeySlot
  }

  async removeSlot(id: string): Promise<void> {
    this.#assertIntact()
    const slot = this.#slot(id)
    if (this.rekeying) throw new CofferError('ERR_COFFER_KEYRING', 'A rekeying is under way: finish it before slots are removed.')
    this.#change({ slots: this.#checkRest(this.#state.slots.filter((other) => other !== slot)) })
    this.#slotKeys.delete(id)
  }

  async renameSlot(id: string, label: string): Promise<KeyringSlot> {
    this.#assertIntact()
    checkLabel(label)
    const renamed = { ...this.#slot(id), label }
    this.#change({ slots: this.#state.slots.map((slot) => (bytesToText(slot.id) === id ? renamed : slot)) })
    return toSlotInfo(renamed)
  }

  async changePassword(password: string, options: Parameters<Keyring['changePassword']>[1] = {}): Promise<PasswordSlot> {
    this.#assertIntact()
    const { slot: id, ...cost } = options
    return this.#replacePassword(this.#passwordSlot(id), password, cost)
  }

  async upgradePassword(password: string, cost: PasswordCost = {}): Promise<boolean> {
    this.#assertIntact()
    const wanted = passwordParameters(cost)
    const found = await this.#find({ password })
    if (!found) throw noSlotError({ password })
    const { parameters } = found.slot
    if (parameters.type !== 'password') throw new Error('a password opened a slot of another type')
    const memoryBytes = Math.max(parameters.memoryBytes, wanted.memoryBytes)
    const passes = Math.max(parameters.passes, wanted.passes)
    if (memoryBytes === parameters.memoryBytes && passes === parameters.passes) return false
    await this.#replacePassword(found.slot, password, { memoryBytes, passes })
    return true
  }

  async slotOf(secret: KeyringSecret): Promise<KeyringSlot | undefined> {
    const found = await this.#find(secret)
    return found && toSlotInfo(found.slot)
  }

  async repair(): Promise<readonly KeyringSlot[]> {
    const { slots, foreign } = this.#state
    // The opened slot was proved by its secret, whatever was done to its label.
    const isOwn = (slot: SlotRecord): boolean => bytesToText(slot.id) === this.openedWith || !foreign.has(bytesToText(slot.id))
    const rest = slots.filter(isOwn)
    if (!rest.some(isLasting)) {
      throw new CofferError(
        'ERR_COFFER_KEYRING',
        'Only passkeys would be left of this keyring: make a new one for its keys with createKeyring().',
      )
    }
    this.#change({ slots: rest })
    return slots.filter((slot) => !isOwn(slot)).map(toSlotInfo)
  }

  async beginRekey(keys: CofferKeys, secrets: readonly KeyringSecret[] = []): Promise<void> {
    this.#assertIntact()
    const nextKeys = copyKeys(keys)
    if (sameKeys(nextKeys, this.#state.keys)) throw new TypeError('The new keys are the old ones.')
    for (const secret of secrets) {
      const found = await this.#find(secret)
      if (!found) throw noSlotError(secret)
      // The slot may have got another password while this one was tried.
      const isStill = this.#state.slots.some((slot) => equalBytes(slot.commitment, found.slotKeys.commitment))
      if (isStill) this.#slotKeys.set(bytesToText(found.slot.id), found.slotKeys)
    }
    this.#assertIntact()
    if (this.rekeying) throw new CofferError('ERR_COFFER_KEYRING', 'A rekeying is under way already: finish it first.')
    const slots = this.#state.slots.map((slot): SlotRecord => {
      const known = this.#slotKeys.get(bytesToText(slot.id))
      if (!known) return slot
      return { ...slot, next: wrapKeys(this.#sodium, known.wrappingKey, placeOf(this.#state, slot), nextKeys) }
    })
    this.#checkRest(slots.filter((slot) => slot.next))
    this.#change({ slots, nextKeys })
  }

  async finishRekey({ keep = 'new' }: { readonly keep?: 'new' | 'old' | undefined } = {}): Promise<readonly KeyringSlot[]> {
    this.#assertIntact()
    const { slots, nextKeys } = this.#state
    if (!this.rekeying) throw new CofferError('ERR_COFFER_KEYRING', 'There is no rekeying to finish.')
    if (keep === 'old') {
      this.#change({ slots: slots.map((slot) => ({ ...slot, next: undefined })), nextKeys: undefined })
      return []
    }
    if (!nextKeys) throw noPartError()
    const kept = slots.flatMap((slot) => (slot.next ? [{ ...slot, wrapped: slot.next, next: undefined }] : []))
    this.#change({ slots: kept, keys: nextKeys, nextKeys: undefined })
    return slots.filter((slot) => !slot.next).map(toSlotInfo)
  }

  async #add(secret: KeyringSecret, parameters: MadeSlot['parameters'], { label }: AddSlotOptions): Promise<KeyringSlot> {
    this.#assertIntact()
    const made = await makeSlot(this.#sodium, secret, parameters, { ...this.#options, label })
    this.#assertIntact()
    if (this.#state.slots.length >= MOST_SLOTS) {
      throw new CofferError('ERR_COFFER_KEYRING', `A keyring has at most ${MOST_SLOTS} slots: remove one first.`)
    }
    const slot = this.#wrap(made)
    this.#change({ slots: [...this.#state.slots, slot] })
    return toSlotInfo(slot)
  }

  async #replacePassword(before: SlotRecord, password: string, cost: PasswordCost): Promise<PasswordSlot> {
    const { id, label } = before
    const made = await makeSlot(this.#sodium, { password }, passwordParameters(cost), { ...this.#options, id, label })
    this.#assertIntact()
    // It may have gone while the password was derived, or have got another label.
    const now = this.#slot(bytesToText(id))
    // The coffer may have the new keys already, and nothing else may hold them.
    if (now.next && !this.#state.nextKeys) throw noPartError()
    const slot = this.#wrap({ ...made, label: now.label })
    this.#change({ slots: this.#state.slots.map((other) => (other === now ? slot : other)) })
    return toSlotInfo(slot) as PasswordSlot
  }

  #wrap({ slotKeys, ...slot }: MadeSlot): SlotRecord {
    const { keys, nextKeys } = this.#state
    const wrap = (wrapped: CofferKeys): Uint8Array => wrapKeys(this.#sodium, slotKeys.wrappingKey, placeOf(this.#state, slot), wrapped)
    this.#slotKeys.set(bytesToText(slot.id), slotKeys)
    return { ...slot, commitment: slotKeys.commitment, wrapped: wrap(keys), next: nextKeys && wrap(nextKeys) }
  }

  #find(secret: KeyringSecret): Promise<OpenedSlot | undefined> {
    return findSlot(this.#sodium, this.#state, this.#state.slots, secret, this.#options)
  }

  #slot(id: string): SlotRecord {
    const slot = this.#state.slots.find((candidate) => bytesToText(candidate.id) === id)
    if (!slot) throw new CofferError('ERR_COFFER_NOT_FOUND', 'The keyring has no slot of that id.')
    return slot
  }

  #passwordSlot(id: string | undefined): SlotRecord {
    const all = this.#state.slots.filter((slot) => slot.parameters.type === 'password')
    const opened = all.find((candidate) => bytesToText(candidate.id) === this.openedWith)
    const slot = id === undefined ? (opened ?? (all.length === 1 ? all[0] : undefined)) : this.#slot(id)
    if (slot?.parameters.type === 'password') return slot
    const why = id === undefined ? 'Say which password slot to change: there are several, or none.' : 'This slot has no password.'
    throw new CofferError('ERR_COFFER_KEYRING', why)
  }

  /** What is left after a change. @throws CofferError `ERR_COFFER_KEYRING` where nobody could rely on it. */
  #checkRest(slots: readonly SlotRecord[]): readonly SlotRecord[] {
    if (slots.some(isLasting)) return slots
    const why = slots.length === 0 ? 'No slot would be left' : 'Only passkeys would be left, and they get lost with a device'
    throw new CofferError('ERR_COFFER_KEYRING', `${why}: add a password or a recovery code first.`)
  }

  #assertIntact(): void {
    if (!this.#state.isChanged) return
    throw new CofferError(
      'ERR_COFFER_KEYRING',
      'The keyring was changed by somebody without its keys: look at its slots, then repair() it.',
    )
  }

  #change(change: Partial<Pick<State, 'slots' | 'keys' | 'nextKeys'>>): void {
    const next = { ...this.#state, ...change, revision: this.#state.revision + 1, isChanged: false, foreign: new Set<string>() }
    this.#state = { ...next, document: new KeyringMac(this.#sodium, next.keys).write(next) }
  }
}

/** The new keys of a rekeying are sealed in slots that were not opened. */
function noPartError(): CofferError {
  return new CofferError('ERR_COFFER_KEYRING', 'The slot that was opened has no part in the rekeying: open one that has.')
}

/** Whether a slot can be relied on: a passkey goes with its device. */
function isLasting(slot: SlotRecord): boolean {
  return slot.parameters.type !== 'passkey'
}
