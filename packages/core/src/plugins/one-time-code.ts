import { Secret, TOTP, URI } from 'otpauth/slim'
import { CofferError } from '../errors.js'
import type { OneTimeCode } from './passwords.js'

const MOST_PERIOD_SECONDS = 86_400
const MOST_DIGITS = 10
const LEAST_SECRET_CHARS = 8

/**
 * An `otpauth://totp/` address, out of one or out of a secret in base32 as services show it; `undefined` for anything else.
 * @param label What the address is made to name, where only a secret is given.
 */
export function toTotpAddress(text: string, label: string): string | undefined {
  const trimmed = text.trim()
  if (/^otpauth:/i.test(trimmed)) return parse(trimmed) && trimmed
  const secret = trimmed.replaceAll(/[\s-]/g, '').replace(/=+$/, '').toUpperCase()
  if (secret.length < LEAST_SECRET_CHARS || !/^[A-Z2-7]+$/.test(secret)) return undefined
  return new TOTP({ secret: Secret.fromBase32(secret), label }).toString()
}

/** The code of an address at a time (RFC 6238). @throws CofferError `ERR_COFFER_DAMAGED` for what is no such address. */
export function oneTimeCode(address: string, now: Date): OneTimeCode {
  const totp = parse(address)
  if (!totp) throw new CofferError('ERR_COFFER_DAMAGED', 'What is kept for one-time codes is no otpauth://totp/ address.')
  const timestamp = now.getTime()
  const periodMs = totp.period * 1000
  return { code: totp.generate({ timestamp }), validUntil: new Date((Math.floor(timestamp / periodMs) + 1) * periodMs) }
}

function parse(address: string): TOTP | undefined {
  try {
    const parsed = URI.parse(address)
    if (!(parsed instanceof TOTP) || parsed.secret.bytes.length === 0) return undefined
    return parsed.period <= MOST_PERIOD_SECONDS && parsed.digits <= MOST_DIGITS ? parsed : undefined
  } catch {
    // Its errors may repeat the address.
    return undefined
  }
}
