import { describe, expect, test } from 'vitest'
import { oneTimeCode, toTotpAddress } from '../../src/plugins/one-time-code.js'

/** RFC 6238, appendix B; its secrets are these digits as ASCII, as long as the hash. */
const seeds = { SHA1: 20, SHA256: 32, SHA512: 64 } as const
const vectors: readonly (readonly [seconds: number, algorithm: keyof typeof seeds, code: string])[] = [
  [59, 'SHA1', '94287082'],
  [59, 'SHA256', '46119246'],
  [59, 'SHA512', '90693936'],
  [1111111109, 'SHA1', '07081804'],
  [1111111109, 'SHA256', '68084774'],
  [1111111109, 'SHA512', '25091201'],
  [1111111111, 'SHA1', '14050471'],
  [1111111111, 'SHA256', '67062674'],
  [1111111111, 'SHA512', '99943326'],
  [1234567890, 'SHA1', '89005924'],
  [1234567890, 'SHA256', '91819424'],
  [1234567890, 'SHA512', '93441116'],
  [2000000000, 'SHA1', '69279037'],
  [2000000000, 'SHA256', '90698825'],
  [2000000000, 'SHA512', '38618901'],
  [20000000000, 'SHA1', '65353130'],
  [20000000000, 'SHA256', '77737706'],
  [20000000000, 'SHA512', '47863826'],
]

function base32(text: string): string {
  const bits = Array.from(text, (letter) => letter.charCodeAt(0).toString(2).padStart(8, '0')).join('')
  return (bits.match(/.{1,5}/g) ?? []).map((group) => 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'.charAt(Number.parseInt(group.padEnd(5, '0'), 2))).join('')
}

describe('one-time codes', () => {
  test.each(vectors)('are those of RFC 6238 at %d s with %s: %s', (seconds, algorithm, code) => {
    const secret = base32('1234567890'.repeat(7).slice(0, seeds[algorithm]))
    const address = toTotpAddress(`otpauth://totp/x?secret=${secret}&algorithm=${algorithm}&digits=8&period=30`, 'x') ?? ''
    expect(oneTimeCode(address, new Date(seconds * 1000)).code).toBe(code)
  })

  test('are valid until the next one', () => {
    const address = toTotpAddress(base32('12345678901234567890'), 'x') ?? ''
    expect(oneTimeCode(address, new Date(59_000))).toEqual({ code: '287082', validUntil: new Date(60_000) })
    expect(oneTimeCode(address, new Date(59_999)).code).toBe('287082')
    expect(oneTimeCode(address, new Date(60_000)).code).not.toBe('287082')
    const slow = toTotpAddress('otpauth://totp/x?secret=GEZDGNBVGY3TQOJQ&period=60', 'x') ?? ''
    expect(oneTimeCode(slow, new Date(60_000)).validUntil).toEqual(new Date(120_000))
  })

  test('come from a secret as services show it, or an address, which is kept as it is', () => {
    const plain = toTotpAddress('GEZDGNBVGY3TQOJQ', 'Example: ann@example.org') ?? ''
    expect(plain).toMatch(/^otpauth:\/\/totp\/.*[?&]secret=GEZDGNBVGY3TQOJQ(&|$)/)
    for (const typed of ['gezd gnbv gy3t qojq', 'GEZD-GNBV-GY3T-QOJQ', ' GEZDGNBVGY3TQOJQ====\n']) {
      expect(oneTimeCode(toTotpAddress(typed, 'y') ?? '', new Date(0))).toEqual(oneTimeCode(plain, new Date(0)))
    }
    const address = 'otpauth://totp/Example:ann%40example.org?secret=GEZDGNBVGY3TQOJQ&issuer=Example'
    expect(toTotpAddress(address, 'x')).toBe(address)
  })

  test.each(['', 'short', '0189', 'GEZDGNBV1890', 'steam://GEZDGNBVGY3TQOJQ', 'otpauth://hotp/x?secret=GEZDGNBVGY3TQOJQ&counter=1', 'otpauth://totp/x', 'otpauth://totp/x?secret=', 'otpauth://totp/x?secret=GEZDGNBVGY3TQOJQ&period=0', 'otpauth://totp/x?secret=GEZDGNBVGY3TQOJQ&period=99999999', 'otpauth://totp/x?secret=GEZDGNBVGY3TQOJQ&digits=40', 'otpauth://totp/x?secret=GEZDGNBVGY3TQOJQ&algorithm=MD5', 'https://example.org'])(
    'do not come from %j',
    (text) => {
      expect(toTotpAddress(text, 'x')).toBeUndefined()
    },
  )

  test('of a broken address are an error that does not repeat it', () => {
    try {
      oneTimeCode('otpauth://totp/x?secret=swordfish1', new Date(0))
      expect.unreachable()
    } catch (error) {
      expect(error).toMatchObject({ code: 'ERR_COFFER_DAMAGED' })
      expect(`${(error as Error).stack}${String((error as Error).cause)}`).not.toContain('swordfish')
    }
  })
})
