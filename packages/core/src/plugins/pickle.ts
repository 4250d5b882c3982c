import { utf8ToText } from '../bytes/bytes.js'
import { ByteReader } from '../bytes/cursor.js'
import { CofferError, isCofferError } from '../errors.js'

/** What a pickle holds. Objects are what was said of them, and nothing was run to make them. */
export type PickleValue = undefined | boolean | number | string | Uint8Array | PickleTuple | PickleDict | PickleClass | PickleObject

export class PickleTuple {
  readonly items: readonly PickleValue[]
  constructor(items: readonly PickleValue[]) {
    this.items = items
  }
}

/** A dict, in its order; keys need be no texts, and none of them becomes a property of anything. */
export class PickleDict {
  readonly entries: (readonly [PickleValue, PickleValue])[] = []
}

/** A class or function by its name, `module.name`. */
export class PickleClass {
  readonly name: string
  constructor(name: string) {
    this.name = name
  }
}

/** Something called or made with arguments: in Python the result of a call that did not happen here. */
export class PickleObject {
  readonly of: string
  readonly args: readonly PickleValue[]
  state: PickleValue = undefined
  constructor(of: string, args: readonly PickleValue[]) {
    this.of = of
    this.args = args
  }
}

const MARK = Symbol('mark')

/**
 * Reads a Python pickle of protocol 2 to 5, made of dicts, tuples, texts, bytes, numbers below 2^31 and objects of `classes`.
 * Nothing in it is run: a pickle is a program, and this knows no instruction that reaches anything.
 *
 * @throws CofferError `ERR_COFFER_UNSUPPORTED` for anything else in it, `ERR_COFFER_DAMAGED` where it is cut or senseless.
 */
export function decodePickle(bytes: Uint8Array, classes: readonly string[]): PickleValue {
  try {
    return new PickleReader(bytes, classes).read()
  } catch (error) {
    if (isCofferError(error, 'ERR_COFFER_UNSUPPORTED')) throw error
    throw new CofferError('ERR_COFFER_DAMAGED', 'The pickle is cut or was changed.')
  }
}

class PickleReader {
  readonly #reader: ByteReader
  readonly #classes: readonly string[]
  readonly #stack: (PickleValue | typeof MARK)[] = []
  readonly #memo = new Map<number, PickleValue>()

  constructor(bytes: Uint8Array, classes: readonly string[]) {
    this.#reader = new ByteReader(bytes)
    this.#classes = classes
  }

  read(): PickleValue {
    const reader = this.#reader
    if (reader.u8() !== 0x80) return unsupported('no pickle of protocol 2 or newer')
    const protocol = reader.u8()
    if (protocol < 2 || protocol > 5) return unsupported(`a pickle of protocol ${protocol}`)
    for (;;) {
      const code = reader.u8()
      if (code === 0x2e) break
      this.#step(code)
    }
    const value = this.#pop()
    if (this.#stack.length > 0) throw new RangeError('something is left behind the value')
    reader.end()
    return value
  }

  #step(code: number): void {
    const reader = this.#reader
    const stack = this.#stack
    switch (code) {
      case 0x95: // FRAME: how long the next instructions are, which nobody here needs to know
        reader.u64()
        return
      case 0x28: // MARK
        stack.push(MARK)
        return
      case 0x4e: // NONE
        stack.push(undefined)
        return
      case 0x88: // NEWTRUE
      case 0x89: // NEWFALSE
        stack.push(code === 0x88)
        return
      case 0x4b: // BININT1
        stack.push(reader.u8())
        return
      case 0x4d: // BININT2
        stack.push(reader.u8() + 256 * reader.u8())
        return
      case 0x4a: // BININT
        stack.push(reader.u32() | 0)
        return
      case 0x8c: // SHORT_BINUNICODE
        stack.push(utf8ToText(reader.raw(reader.u8())))
        return
      case 0x58: // BINUNICODE
        stack.push(utf8ToText(reader.raw(reader.u32())))
        return
      case 0x8d: // BINUNICODE8
        stack.push(utf8ToText(reader.raw(reader.u64())))
        return
      case 0x43: // SHORT_BINBYTES
        stack.push(reader.raw(reader.u8()).slice())
        return
      case 0x42: // BINBYTES
        stack.push(reader.raw(reader.u32()).slice())
        return
      case 0x7d: // EMPTY_DICT
        stack.push(new PickleDict())
        return
      case 0x29: // EMPTY_TUPLE
        stack.push(new PickleTuple([]))
        return
      case 0x85: // TUPLE1
      case 0x86: // TUPLE2
      case 0x87: // TUPLE3
        stack.push(new PickleTuple(this.#popMany(code - 0x84)))
        return
      case 0x74: // TUPLE
        stack.push(new PickleTuple(this.#popToMark()))
        return
      default:
        this.#stepFurther(code)
    }
  }

  #stepFurther(code: number): void {
    const reader = this.#reader
    switch (code) {
      case 0x73: // SETITEM
        this.#setItems(this.#popMany(2))
        return
      case 0x75: // SETITEMS
        this.#setItems(this.#popToMark())
        return
      case 0x94: // MEMOIZE
        this.#memo.set(this.#memo.size, this.#top())
        return
      case 0x71: // BINPUT
        this.#memo.set(reader.u8(), this.#top())
        return
      case 0x72: // LONG_BINPUT
        this.#memo.set(reader.u32(), this.#top())
        return
      case 0x68: // BINGET
        this.#stack.push(this.#recall(reader.u8()))
        return
      case 0x6a: // LONG_BINGET
        this.#stack.push(this.#recall(reader.u32()))
        return
      case 0x63: // GLOBAL
        this.#pushClass(this.#line(), this.#line())
        return
      case 0x93: {
        // STACK_GLOBAL
        const [module, name] = this.#popMany(2)
        if (typeof module !== 'string' || typeof name !== 'string') throw new TypeError('a class without a name')
        this.#pushClass(module, name)
        return
      }
      case 0x52: // REDUCE
      case 0x81: {
        // NEWOBJ
        const [of, args] = this.#popMany(2)
        if (!(of instanceof PickleClass) || !(args instanceof PickleTuple)) throw new TypeError('a call of what is no class')
        this.#stack.push(new PickleObject(of.name, args.items))
        return
      }
      case 0x62: {
        // BUILD
        const state = this.#pop()
        const object = this.#top()
        if (!(object instanceof PickleObject)) throw new TypeError('a state for what is no object')
        object.state = state
        return
      }
      default:
        unsupported(`the instruction 0x${code.toString(16).padStart(2, '0')}`)
    }
  }

  #pushClass(module: string, name: string): void {
    const full = `${module}.${name}`
    // Not the name itself: it is whatever the file says.
    if (!this.#classes.includes(full)) unsupported('a class or function that does not belong here')
    this.#stack.push(new PickleClass(full))
  }

  #line(): string {
    const bytes: number[] = []
    for (let byte = this.#reader.u8(); byte !== 0x0a; byte = this.#reader.u8()) bytes.push(byte)
    return utf8ToText(Uint8Array.from(bytes))
  }

  #setItems(items: readonly PickleValue[]): void {
    const dict = this.#top()
    if (!(dict instanceof PickleDict) || items.length % 2 !== 0) throw new TypeError('items for what is no dict')
    for (let i = 0; i < items.length; i += 2) dict.entries.push([items[i], items[i + 1]])
  }

  #recall(index: number): PickleValue {
    if (!this.#memo.has(index)) throw new RangeError('nothing of that number')
    return this.#memo.get(index)
  }

  #top(): PickleValue {
    const value = this.#stack.at(-1)
    if (this.#stack.length === 0 || value === MARK) throw new RangeError('an empty stack')
    return value
  }

  #pop(): PickleValue {
    const value = this.#top()
    this.#stack.pop()
    return value
  }

  #popMany(count: number): PickleValue[] {
    return Array.from({ length: count }, () => this.#pop()).toReversed()
  }

  #popToMark(): PickleValue[] {
    const mark = this.#stack.lastIndexOf(MARK)
    if (mark === -1) throw new RangeError('no mark')
    return this.#stack.splice(mark).slice(1) as PickleValue[]
  }
}

function unsupported(what: string): never {
  throw new CofferError(
    'ERR_COFFER_UNSUPPORTED',
    `The pickle holds ${what}: it is not read, since it may do anything. Only what PyCoffer writes is.`,
  )
}
