import { utf8, utf8ToText } from '../bytes/bytes.js'
import { CofferError } from '../errors.js'

/** Turns values into bytes and back. */
export interface ValueCodec {
  encode(value: unknown): Uint8Array
  decode(bytes: Uint8Array): unknown
}

/** JSON in UTF-8. */
export const jsonCodec: ValueCodec = {
  encode(value) {
    // Undefined for what JSON has no words for, whatever the types say.
    const text = JSON.stringify(value) as string | undefined
    if (text === undefined) throw new TypeError('This value has no JSON form: give a codec that knows it.')
    return utf8(text)
  },
  decode(bytes) {
    try {
      return JSON.parse(utf8ToText(bytes)) as unknown
    } catch {
      // Without a cause: what the parser says repeats a part of the member.
      throw new CofferError('ERR_COFFER_DAMAGED', 'The member holds no JSON: it was not written by dump(), or with another codec.')
    }
  },
}
