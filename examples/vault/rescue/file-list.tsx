import type { Member } from '@coffer/core'
import type { ComponentChild } from 'preact'
import { useState } from 'preact/hooks'
import { canPreview } from './preview.js'
import { count, dateText, sizeText } from './words.js'

/** Rows that are drawn at once: a vault may have tens of thousands. */
const ROWS = 300

export interface FileListProps {
  readonly members: readonly Member[]
  readonly onShow: (member: Member) => void
  readonly onSave: (member: Member) => void
}

/** All files by their full names, with a search. */
export function FileList({ members, onShow, onSave }: FileListProps): ComponentChild {
  const [query, setQuery] = useState('')
  const [rows, setRows] = useState(ROWS)
  const words = query.toLocaleLowerCase().split(/\s+/)
  const found = members.filter(({ name, type }) => type !== 'directory' && words.every((word) => name.toLocaleLowerCase().includes(word)))
  return (
    <section class="card list">
      <p class="field search">
        <label for="search">Search</label>
        <input id="search" type="search" value={query} autocomplete="off" onInput={(event) => (setQuery(event.currentTarget.value), setRows(ROWS))} />
      </p>
      <p class="sr-only" role="status">
        {count(found.length, 'file')} found
      </p>
      {found.length === 0 && <p class="empty">{members.length === 0 ? 'There is nothing in this vault.' : 'No file has that in its name.'}</p>}
      <ul>
        {found.slice(0, rows).map((member) => (
          <li key={member.name}>
            <Name member={member} onShow={onShow} />
            <span class="meta">{member.type === 'symlink' ? `link to ${member.target ?? ''}` : `${sizeText(member.size)} · ${dateText(member.mtime)}`}</span>
            {member.type === 'file' && (
              <button type="button" class="button small" aria-label={`Save ${member.name}`} onClick={() => onSave(member)}>
                Save
              </button>
            )}
          </li>
        ))}
      </ul>
      {found.length > rows && (
        <p class="actions">
          <button type="button" class="button" onClick={() => setRows(rows * 4)}>
            Show more of {count(found.length, 'file')}
          </button>
        </p>
      )}
    </section>
  )
}

function Name({ member, onShow }: Pick<FileListProps, 'onShow'> & { readonly member: Member }): ComponentChild {
  const cut = member.name.lastIndexOf('/') + 1
  const text = (
    <>
      {cut > 0 && <span class="folder">{member.name.slice(0, cut)}</span>}
      {member.name.slice(cut)}
    </>
  )
  if (!canPreview(member)) return <span class="name">{text}</span>
  return (
    <button type="button" class="name link" onClick={() => onShow(member)}>
      {text}
    </button>
  )
}
