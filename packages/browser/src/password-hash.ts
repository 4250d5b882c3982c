import type { PasswordHash } from '@coffer/core'

/**
 * `passwordHash` for keyrings: Argon2id in a worker that is thrown away afterwards, so that the page does not freeze. Where there are no workers
 * it runs on the page.
 * @example
 * ```ts
 * const keyring = await openKeyring(document, { password }, { passwordHash })
 * ```
 */
export const passwordHash: PasswordHash = async (password, options) => {
  const { createPasswordHash } = await import('@coffer/worker')
  return createPasswordHash()(password, options)
}
