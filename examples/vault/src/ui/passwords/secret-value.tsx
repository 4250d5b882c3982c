import { Copy, Eye, EyeOff } from 'lucide-preact'
import type { ComponentChild } from 'preact'
import { useEffect, useState } from 'preact/hooks'
import { copySecret } from '../../model/clipboard.js'
import { notify } from '../../model/notices.js'
import { explainPasswordError } from '../../model/passwords.js'
import { Button } from '../controls/button.js'

export interface SecretValueProps {
  readonly label: string
  /** Fetches it, when it is to be shown or copied. */
  readonly read: () => Promise<string>
  /** Text of several lines, which is for reading rather than for copying. */
  readonly isText?: boolean | undefined
}

/** Something secret: dots until it is shown. The page holds it only as long as that. */
export function SecretValue({ label, read, isText = false }: SecretValueProps): ComponentChild {
  const [shown, setShown] = useState<string>()
  useEffect(() => {
    const hide = (): void => {
      if (document.hidden) setShown(undefined)
    }
    document.addEventListener('visibilitychange', hide)
    return () => document.removeEventListener('visibilitychange', hide)
  }, [])
  const show = async (): Promise<void> => {
    try {
      setShown(await read())
    } catch (error) {
      notify(explainPasswordError(error).text)
    }
  }
  const lower = label.toLowerCase()
  return (
    <div class="login-row">
      <dt>{label}</dt>
      <dd>
        {shown === undefined ? (
          <span role="img" aria-label="hidden" class="dots" />
        ) : (
          <span class={isText ? 'login-text' : 'login-secret'}>{shown}</span>
        )}
        <span class="login-actions">
          <Button
            kind="quiet"
            label={shown === undefined ? `Show ${lower}` : `Hide ${lower}`}
            onClick={() => (shown === undefined ? void show() : setShown(undefined))}
          >
            {shown === undefined ? <Eye aria-hidden /> : <EyeOff aria-hidden />}
          </Button>
          <CopyButton label={label} read={read} />
        </span>
      </dd>
    </div>
  )
}

/** Copies something that is taken out of the clipboard again. */
export function CopyButton({ label, read }: { readonly label: string; readonly read: () => Promise<string> }): ComponentChild {
  const copy = async (): Promise<void> => {
    const text = read()
    try {
      await copySecret(label, text)
    } catch (error) {
      const refused = error instanceof DOMException
      notify(refused ? 'The browser did not let the vault copy it: show it, and copy it by hand.' : explainPasswordError(error).text)
    }
  }
  return (
    <Button kind="quiet" label={`Copy ${label.toLowerCase()}`} onClick={() => void copy()}>
      <Copy aria-hidden />
    </Button>
  )
}
