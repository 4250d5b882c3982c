import type { ComponentChild } from 'preact'
import type { VaultSession } from '../../model/session.js'
import { ExportSection } from './export-section.js'

export function SettingsPane({ session }: { readonly session: VaultSession }): ComponentChild {
  return (
    <>
      <h1>{session.name}</h1>
      <ExportSection session={session} />
    </>
  )
}
