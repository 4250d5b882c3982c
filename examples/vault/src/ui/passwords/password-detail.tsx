import type { PasswordInfo } from '@coffer/core'
import { ArrowLeft, ExternalLink, Pencil, Trash2 } from 'lucide-preact'
import type { ComponentChild } from 'preact'
import { useLayoutEffect, useRef } from 'preact/hooks'
import { readPassword, webAddress } from '../../model/passwords.js'
import type { VaultSession } from '../../model/session.js'
import { Button } from '../controls/button.js'
import { useVaultData } from '../controls/use-vault-data.js'
import { CodeClock } from './code-clock.js'
import { CopyButton, SecretValue } from './secret-value.js'

export interface PasswordDetailProps {
  readonly session: VaultSession
  readonly login: PasswordInfo
  readonly onBack: () => void
  readonly onEdit: () => void
  readonly onDelete: () => void
}

/** One login. Its secrets are fetched one by one, when they are to be shown or copied. */
export function PasswordDetail({ session, login, onBack, onEdit, onDelete }: PasswordDetailProps): ComponentChild {
  const heading = useRef<HTMLHeadingElement>(null)
  const { id, name, username, owner, urls, created, modified } = login
  useLayoutEffect(() => heading.current?.focus(), [id])
  const { data: fieldNames = [] } = useVaultData(session, async () => (await readPassword(session, id)).fields.map((field) => field.name), id)
  const readOnly = !session.writable.value
  const read = async (of: 'password' | 'note'): Promise<string> => (await readPassword(session, id))[of] ?? ''
  return (
    <article class="login" aria-labelledby="login-name">
      <header class="login-head">
        <span class="detail-back">
          <Button kind="quiet" label="Back to the list" onClick={onBack}>
            <ArrowLeft aria-hidden />
          </Button>
        </span>
        <h1 id="login-name" ref={heading} tabIndex={-1}>
          {name}
        </h1>
        <Button onClick={onEdit} disabled={readOnly}>
          <Pencil aria-hidden /> Edit
        </Button>
        <Button kind="quiet" label="Delete" onClick={onDelete} disabled={readOnly}>
          <Trash2 aria-hidden />
        </Button>
      </header>
      {/* Whatever was shown of one login, or before it was changed, is not shown of the next. */}
      <dl key={`${id} ${modified.getTime()}`}>
        {username !== undefined && (
          <div class="login-row">
            <dt>Username</dt>
            <dd>
              <span class="login-value">{username}</span>
              <span class="login-actions">
                <CopyButton label="Username" read={() => Promise.resolve(username)} />
              </span>
            </dd>
          </div>
        )}
        {login.hasPassword && <SecretValue label="Password" read={() => read('password')} />}
        {login.hasTotp && <CodeClock session={session} id={id} />}
        {urls.length > 0 && (
          <div class="login-row">
            <dt>{urls.length === 1 ? 'Address' : 'Addresses'}</dt>
            {urls.map((url) => (
              <dd>
                <Address url={url} />
              </dd>
            ))}
          </div>
        )}
        {login.hasNote && <SecretValue label="Note" isText read={() => read('note')} />}
        {fieldNames.map((field, i) => (
          <SecretValue
            key={`${i} ${field}`}
            label={field === '' ? 'Further field' : field}
            read={async () => (await readPassword(session, id)).fields[i]?.value ?? ''}
          />
        ))}
        {owner !== undefined && (
          <div class="login-row">
            <dt>Owner</dt>
            <dd>{owner}</dd>
          </div>
        )}
      </dl>
      <p class="login-dates">
        Changed <Day date={modified} /> · made <Day date={created} />
      </p>
    </article>
  )
}

function Address({ url }: { readonly url: string }): ComponentChild {
  const href = webAddress(url)
  if (href === undefined) return <span class="login-value">{url}</span>
  return (
    <a class="login-value" href={href} target="_blank" rel="noopener noreferrer">
      {url}
      <ExternalLink aria-label="(opens a new tab)" size={14} />
    </a>
  )
}

function Day({ date }: { readonly date: Date }): ComponentChild {
  return <time dateTime={date.toISOString()}>{date.toLocaleDateString(undefined, { dateStyle: 'medium' })}</time>
}
