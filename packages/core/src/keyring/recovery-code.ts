import { CofferError } from '../errors.js'

/** Crockford's base 32: no I, L, O, U. */
const ALPHABET = '0123456789ABCDEFGHJKMNPQRSTVWXYZ'
/** 130 bits. */
const DATA_SYMBOLS = 26
const CHECK_SYMBOLS = 6
const GROUP_SYMBOLS = 4

/** The checksum of bech32m (BIP 350): finds any four wrong characters, and nearly everything else. */
const GENERATOR = [0x3b6a57b2, 0x26508e6d, 0x1ea119fa, 0x3d4233dd, 0x2a1462b3]
const CHECK_CONSTANT = 0x2bc830a3

/** Writes a recovery code out of 26 random bytes, of which it takes five bits each: eight groups of four characters. */
export function formatRecoveryCode(random: Uint8Array): string {
  if (random.length !== DATA_SYMBOLS) throw new RangeError('A recovery code is made of 26 random bytes.')
  const data = Array.from(random, (byte) => byte & 31)
  const sum = (polymod([...data, 0, 0, 0, 0, 0, 0]) ^ CHECK_CONSTANT) >>> 0
  const check = Array.from({ length: CHECK_SYMBOLS }, (_, i) => (sum >>> (5 * (CHECK_SYMBOLS - 1 - i))) & 31)
  const text = [...data, ...check].map((symbol) => ALPHABET.charAt(symbol)).join('')
  return (text.match(/.{4}/g) ?? []).join('-')
}

/**
 * The code as it was made, out of what somebody typed: case, spaces and dashes do not count, O is 0, I and L are 1.
 * @throws CofferError `ERR_COFFER_AUTH` for a typing mistake, which cannot be told from another code.
 */
export function normalizeRecoveryCode(typed: string): string {
  const text = typed
    .toUpperCase()
    .replaceAll(/[\s\p{Pd}]/gu, '')
    .replaceAll('O', '0')
    .replaceAll(/[IL]/g, '1')
  const length = DATA_SYMBOLS + CHECK_SYMBOLS
  if (text.length !== length) {
    const groups = length / GROUP_SYMBOLS
    throw new CofferError(
      'ERR_COFFER_AUTH',
      `A recovery code has ${groups} groups of ${GROUP_SYMBOLS} characters: some are missing, or too many.`,
    )
  }
  const symbols = Array.from(text, (letter) => ALPHABET.indexOf(letter))
  if (symbols.includes(-1) || polymod(symbols) !== CHECK_CONSTANT) {
    throw new CofferError('ERR_COFFER_AUTH', 'The recovery code has a typing mistake: compare it with what was written down.')
  }
  return text
}

/** Whether a text is a recovery code without a typing mistake, of whatever keyring: for a form, before a keyring is opened. */
export function isRecoveryCode(typed: string): boolean {
  try {
    normalizeRecoveryCode(typed)
    return true
  } catch {
    return false
  }
}

function polymod(symbols: readonly number[]): number {
  let sum = 1
  for (const symbol of symbols) {
    const top = sum >>> 25
    sum = ((sum & 0x1ffffff) << 5) ^ symbol
    for (const [bit, value] of GENERATOR.entries()) if ((top >>> bit) & 1) sum ^= value
  }
  return sum >>> 0
}
