import type { ComponentChild } from 'preact'
import type { VaultSession } from '../../model/session.js'

export function PasswordsPane({ session }: { readonly session: VaultSession }): ComponentChild {
  return <h1>{session.name}</h1>
}
