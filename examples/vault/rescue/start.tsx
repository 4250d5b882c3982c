import type { CofferKeys, VariantName } from '@coffer/core'
import type { ComponentChild, InputHTMLAttributes } from 'preact'
import { useId, useState } from 'preact/hooks'
import { readKey, type FoundKeys } from '../src/model/key-text.js'
import { recogniseFile } from '../src/model/recognise.js'
import type { RescueKit } from '../src/model/rescue-kit.js'
import { sizeText } from './words.js'

/** What to open, and with what. */
export type Request = { readonly file: File } & (
  | { readonly document: string; readonly secret: string }
  | { readonly keys: CofferKeys; readonly variant: VariantName | undefined }
)

export interface StartProps {
  readonly kit: RescueKit | undefined
  readonly wrongSecret: boolean
  readonly onOpen: (request: Request) => void
}

/** Which file, which keys, which password. */
export function Start({ kit, wrongSecret, onOpen }: StartProps): ComponentChild {
  const [file, setFile] = useState<File>()
  const [document, setDocument] = useState(kit?.keyring)
  const [found, setFound] = useState<FoundKeys>()
  const [typed, setTyped] = useState({ coffer: '', secure: '' })
  const [usesKeys, setUsesKeys] = useState(false)
  const [secret, setSecret] = useState('')
  const [isShown, setShown] = useState(false)
  const [problem, setProblem] = useState('')
  const id = useId()

  const take = async (files: Iterable<File>): Promise<void> => {
    setProblem('')
    for (const chosen of files) {
      const recognised = await recogniseFile(chosen)
      if (recognised.kind === 'coffer') setFile(chosen)
      else if (recognised.kind === 'keyring') {
        setDocument(recognised.document)
        setUsesKeys(false)
      } else if (recognised.kind === 'keys') {
        setFound(recognised.found)
        setUsesKeys(true)
      } else setProblem(`${chosen.name} ${recognised.reason}.`)
    }
  }
  const submit = (event: Event): void => {
    event.preventDefault()
    setProblem('')
    if (!file) return setProblem('Choose the vault’s file first.')
    if (!usesKeys) {
      if (document === undefined) return setProblem('Choose the key file too, or type the keys themselves.')
      if (secret === '') return setProblem('Type the password or the recovery code.')
      return onOpen({ file, document, secret })
    }
    if (found) return onOpen({ file, ...found })
    const keys = keysOf(typed)
    if (!keys) return setProblem('That is not a key: 16 or 32 bytes in hex, or in base64.')
    return onOpen({ file, keys, variant: Object.keys(keys).length === 0 ? 'null' : undefined })
  }
  const drop = (event: DragEvent): void => {
    event.preventDefault()
    void take(event.dataTransfer?.files ?? [])
  }

  return (
    <form class="steps" onSubmit={submit} onDragOver={(event) => event.preventDefault()} onDrop={drop}>
      <section class="card">
        <h2>The file</h2>
        <label class={`drop ${file ? 'filled' : ''}`}>
          <input type="file" multiple onChange={(event) => void take(event.currentTarget.files ?? [])} />
          <strong>{file ? file.name : `Choose ${kit ? kit.file : 'the vault’s file'}`}</strong>
          <span>{file ? `${sizeText(file.size)}. Another one?` : `or drop it here${document === undefined ? ', together with its key file' : ''}`}</span>
        </label>
      </section>
      <section class="card">
        <h2>The keys</h2>
        {!usesKeys && document === undefined && (
          <label class="drop slim">
            <input type="file" multiple onChange={(event) => void take(event.currentTarget.files ?? [])} />
            <strong>Choose the key file</strong>
            <span>NAME.pcof.keyring, a rescue page with keys, or a file of raw keys</span>
          </label>
        )}
        {!usesKeys && document !== undefined && (
          <>
            <p class="quiet">{document === kit?.keyring ? 'The keys are in this page, locked.' : 'The key file is loaded, and locked.'} One of these unlocks them:</p>
            <p class="field">
              <label for={`${id}secret`}>Password or recovery code</label>
              <span class="joined">
                <input
                  id={`${id}secret`}
                  {...({ type: isShown ? 'text' : 'password' } as InputHTMLAttributes)}
                  value={secret}
                  autocomplete="off"
                  spellcheck={false}
                  aria-invalid={wrongSecret}
                  aria-describedby={wrongSecret ? `${id}wrong` : undefined}
                  onInput={(event) => setSecret(event.currentTarget.value)}
                />
                <button type="button" class="button" aria-pressed={isShown} onClick={() => setShown(!isShown)}>
                  {isShown ? 'Hide' : 'Show'}
                </button>
              </span>
              {wrongSecret && (
                <small id={`${id}wrong`} class="problem" role="alert">
                  That opens nothing. Look for typing mistakes and the Caps Lock key; a recovery code has eight groups of four characters.
                </small>
              )}
            </p>
          </>
        )}
        {usesKeys && found && <p class="quiet">Raw keys were read from a file. No password is needed.</p>}
        {usesKeys && !found && (
          <>
            <KeyField label="Coffer key" value={typed.coffer} onInput={(coffer) => setTyped({ ...typed, coffer })} />
            <KeyField label="Secure key" value={typed.secure} onInput={(secure) => setTyped({ ...typed, secure })} />
            <p class="quiet">In hex or base64, as PyCoffer or the coffer command write them. A bank has both, a store the first, a market the second, a null coffer none.</p>
          </>
        )}
        <p>
          <button type="button" class="link" onClick={() => (setUsesKeys(!usesKeys), setFound(undefined))}>
            {usesKeys ? 'Use a key file with a password instead' : 'I have the keys themselves'}
          </button>
        </p>
      </section>
      {problem !== '' && (
        <p class="card warning" role="alert">
          {problem}
        </p>
      )}
      <p class="actions">
        <button type="submit" class="button primary large">
          Open
        </button>
      </p>
    </form>
  )
}

function KeyField({ label, value, onInput }: { readonly label: string; readonly value: string; readonly onInput: (value: string) => void }): ComponentChild {
  const id = useId()
  return (
    <p class="field">
      <label for={id}>{label}</label>
      <input id={id} class="mono" value={value} autocomplete="off" spellcheck={false} onInput={(event) => onInput(event.currentTarget.value)} />
    </p>
  )
}

/** `undefined` where one of them is no key. */
function keysOf({ coffer, secure }: { readonly coffer: string; readonly secure: string }): CofferKeys | undefined {
  const cofferKey = coffer.trim() === '' ? undefined : readKey(coffer)
  const secureKey = secure.trim() === '' ? undefined : readKey(secure)
  if ((coffer.trim() !== '' && !cofferKey) || (secure.trim() !== '' && !secureKey)) return undefined
  return { ...(cofferKey ? { cofferKey } : {}), ...(secureKey ? { secureKey } : {}) }
}
