import type { Coffer, OneTimeCode, Password, PasswordInfo, Passwords } from '@coffer/core'
import type { ComponentChild } from 'preact'
import { useEffect, useState } from 'preact/hooks'
import { run } from './task.js'

/** The logins, to be read; what is secret only when it is asked for. */
export function Logins({ coffer }: { readonly coffer: Coffer }): ComponentChild {
  const [plugin, setPlugin] = useState<Passwords>()
  const [all, setAll] = useState<readonly PasswordInfo[]>()
  const [query, setQuery] = useState('')
  useEffect(() => {
    void run('Reading the passwords', async () => {
      const passwords = await coffer.plugin<Passwords>('password')
      setAll(await passwords.list())
      setPlugin(passwords)
    })
  }, [coffer])
  if (!plugin || !all) return undefined
  const wanted = query.toLocaleLowerCase()
  const found = all.filter(({ name, username = '', urls }) => [name, username, ...urls].some((text) => text.toLocaleLowerCase().includes(wanted)))
  return (
    <section class="card list">
      <p class="field search">
        <label for="search">Search</label>
        <input id="search" type="search" value={query} autocomplete="off" onInput={(event) => setQuery(event.currentTarget.value)} />
      </p>
      {found.length === 0 && <p class="empty">{all.length === 0 ? 'There are no passwords in this vault.' : 'No login has that in its name.'}</p>}
      <ul class="logins">
        {found.map((login) => (
          <Login key={login.id} login={login} plugin={plugin} />
        ))}
      </ul>
    </section>
  )
}

function Login({ login, plugin }: { readonly login: PasswordInfo; readonly plugin: Passwords }): ComponentChild {
  const [secret, setSecret] = useState<Password>()
  const [code, setCode] = useState<OneTimeCode>()
  const show = async (): Promise<void> => {
    if (secret) return setSecret(undefined)
    setSecret(await plugin.get({ id: login.id }))
    return setCode(login.hasTotp ? await plugin.totp({ id: login.id }).catch(() => undefined) : undefined)
  }
  return (
    <li>
      <span class="name">{login.name}</span>
      <span class="meta">{login.username}</span>
      <button type="button" class="button small" aria-expanded={secret !== undefined} aria-label={`${secret ? 'Hide' : 'Show'} ${login.name}`} onClick={() => void show()}>
        {secret ? 'Hide' : 'Show'}
      </button>
      {secret && (
        <dl>
          <Line name="Username" value={secret.username} />
          <Line name="Password" value={secret.password} />
          <Line name={`One-time code, until ${code?.validUntil.toLocaleTimeString() ?? ''}`} value={code?.code} />
          <Line name="Secret of the one-time codes" value={secret.totp} />
          <Line name="Address" value={secret.urls.join('\n')} />
          <Line name="Note" value={secret.note} />
          {secret.fields.map(({ name, value }) => (
            <Line key={name} name={name} value={value} />
          ))}
        </dl>
      )}
    </li>
  )
}

function Line({ name, value }: { readonly name: string; readonly value: string | undefined }): ComponentChild {
  if (value === undefined || value === '') return undefined
  return (
    <div>
      <dt>{name}</dt>
      <dd>{value}</dd>
    </div>
  )
}
