import { isRecoveryCode, openKeyring, type KeyringSecret } from '@coffer/core'
import type { ComponentChild } from 'preact'
import { useState } from 'preact/hooks'
import type { RescueKit } from '../src/model/rescue-kit.js'
import { About } from './about.js'
import { Browse } from './browse.js'
import { hashPassword } from './hash-password.js'
import { openFile, openOlder, salvageFile, type KeySource, type OpenedFile } from './open-file.js'
import { Start, type Request } from './start.js'
import { Status } from './status.js'
import { run } from './task.js'
import { explain, mayBeDamaged } from './words.js'
// oxlint-disable-next-line import/no-unassigned-import -- a style sheet has nothing to assign
import './rescue.css'

interface Damage {
  readonly file: File
  readonly source: KeySource
  readonly text: string
}

/** The whole page: first what to open and how, then what is in it. */
export function App({ kit }: { readonly kit: RescueKit | undefined }): ComponentChild {
  const [opened, setOpened] = useState<{ readonly file: File; readonly source: KeySource; readonly result: OpenedFile }>()
  const [damage, setDamage] = useState<Damage>()
  const [wrongSecret, setWrongSecret] = useState(false)

  const open = async (request: Request): Promise<void> => {
    const { file } = request
    setDamage(undefined)
    setWrongSecret(false)
    const source = 'document' in request ? await unlock(request.document, request.secret, () => setWrongSecret(true)) : request
    if (!source) return
    const result = await run('Opening the vault', (task) => openFile(file, source, task), (error) => {
      if (!mayBeDamaged(error)) return false
      setDamage({ file, source, text: explain(error) })
      return true
    })
    if (result) setOpened({ file, source, result })
  }
  const salvage = async ({ file, source }: Pick<Damage, 'file' | 'source'>): Promise<void> => {
    const result = await run('Looking for everything that is whole', (task) => salvageFile(file, source, task))
    if (result) setOpened({ file, source, result })
  }
  const older = async ({ file, source }: Damage): Promise<void> => {
    const result = await run('Opening the last complete state', (task) => openOlder(file, source, task))
    if (result) setOpened({ file, source, result })
  }

  return (
    <div class="page">
      <header class="banner">
        <p class="kind">Rescue page</p>
        <h1>{opened ? titleOf(opened.file, kit) : kit ? `Open “${kit.name}”` : 'Open a vault'}</h1>
        {!opened && (
          <p class="lead">
            This page opens the exported file of a vault: without a network, without installing anything. It reads the file here, in this browser,
            and sends nothing anywhere.
          </p>
        )}
      </header>
      <main>
        <Status />
        {!opened && <Start kit={kit} wrongSecret={wrongSecret} onOpen={(request) => void open(request)} />}
        {!opened && damage && (
          <section class="card warning" role="alert">
            <h2>It does not open</h2>
            <p>{damage.text}</p>
            <p>If you are sure that file and keys belong together, then the file is damaged. Much of it may still be whole.</p>
            <div class="actions">
              <button type="button" class="button primary" onClick={() => void salvage(damage)}>
                Bring out what is whole
              </button>
              <button type="button" class="button" onClick={() => void older(damage)}>
                Open the last complete state
              </button>
            </div>
          </section>
        )}
        {opened && <Browse key={opened.result.state} name={titleOf(opened.file, kit)} opened={opened.result} onSalvage={() => void salvage(opened)} />}
      </main>
      <About file={opened?.file.name ?? kit?.file ?? 'NAME.pcof'} />
    </div>
  )
}

/** Opens the keyring. What is a recovery code, checksum and all, is taken for one. */
async function unlock(document: string, secret: string, onWrong: () => void): Promise<KeySource | undefined> {
  const asSecret: KeyringSecret = isRecoveryCode(secret) ? { recoveryCode: secret } : { password: secret }
  const title = 'recoveryCode' in asSecret ? 'Checking the recovery code' : 'Checking the password. It takes a few seconds on purpose'
  const keyring = await run(title, ({ signal }) => openKeyring(document, asSecret, { signal, passwordHash: hashPassword }), (error) => {
    const isWrong = mayBeDamaged(error)
    if (isWrong) onWrong()
    return isWrong
  })
  return keyring && { keyring }
}

function titleOf(file: File, kit: RescueKit | undefined): string {
  return kit?.name ?? file.name.replace(/\.pcof$/i, '')
}
