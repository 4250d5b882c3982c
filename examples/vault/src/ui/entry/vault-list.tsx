import type { ComponentChild } from 'preact'
import { ChevronRight, Plus } from 'lucide-preact'
import type { VaultRecord } from '../../model/vaults.js'
import { Button } from '../controls/button.js'

export interface VaultListProps {
  readonly vaults: readonly VaultRecord[]
  readonly onChoose: (vault: VaultRecord) => void
  readonly onCreate: () => void
}

const day = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium' })

/** The vaults of this browser, to choose one. */
export function VaultList({ vaults, onChoose, onCreate }: VaultListProps): ComponentChild {
  return (
    <>
      <h1>Vaults in this browser</h1>
      <ul class="vault-list">
        {vaults.map((vault) => (
          <li key={vault.name}>
            <button type="button" class="vault-choice" onClick={() => onChoose(vault)}>
              <span>
                <strong>{vault.name}</strong>
                <small>{vault.lastUsed ? `Last used ${day.format(vault.lastUsed)}` : `Made ${day.format(vault.created)}`}</small>
              </span>
              <ChevronRight aria-hidden="true" />
            </button>
          </li>
        ))}
      </ul>
      <Button onClick={onCreate}>
        <Plus />
        Make another vault
      </Button>
    </>
  )
}
