import { Download, File, FileWarning } from 'lucide-preact'
import type { ComponentChild } from 'preact'
import type { Explanation } from '../../model/explain-error.js'
import type { Preview } from '../../model/preview.js'
import { Button } from '../controls/button.js'
import { formatBytes, lastPart } from './facts.js'

export interface FactsViewProps {
  readonly preview: Preview | undefined
  readonly problem?: Explanation | undefined
  readonly onDownload?: (() => void) | undefined
  /** Where it might be text after all. */
  readonly onShowText?: (() => void) | undefined
}

/** What is known of a file that is not shown, and what can be done with it. */
export function FactsView({ preview, problem, onDownload, onShowText }: FactsViewProps): ComponentChild {
  const Icon = problem ? FileWarning : File
  return (
    <div class="viewer-body viewer-facts">
      <div class="viewer-card">
        <Icon class="viewer-card-icon" aria-hidden="true" />
        <div role={problem ? 'alert' : undefined}>
          <p class="viewer-card-title">{problem?.text ?? (preview?.type.kind === 'pdf' ? 'This browser does not show PDF here.' : 'There is no preview of this kind of file.')}</p>
          {problem && <p class="viewer-card-advice">{problem.advice}</p>}
        </div>
        {preview && <Facts preview={preview} />}
        <div class="viewer-card-actions">
          {onDownload && (
            <Button kind="primary" onClick={onDownload}>
              <Download aria-hidden="true" /> Download
            </Button>
          )}
          {onShowText && <Button onClick={onShowText}>Show as text</Button>}
        </div>
      </div>
    </div>
  )
}

function Facts({ preview: { member, type } }: { readonly preview: Preview }): ComponentChild {
  const folder = member.name.slice(0, Math.max(0, member.name.lastIndexOf('/')))
  return (
    <dl>
      <dt>Name</dt>
      <dd>{lastPart(member.name)}</dd>
      {folder !== '' && (
        <>
          <dt>Folder</dt>
          <dd>{folder}</dd>
        </>
      )}
      <dt>Kind</dt>
      <dd>{type.label}</dd>
      <dt>Size</dt>
      <dd>{formatBytes(member.size)}</dd>
      <dt>Changed</dt>
      <dd>
        <time dateTime={member.mtime.toISOString()}>{member.mtime.toLocaleString(undefined, { dateStyle: 'medium', timeStyle: 'short' })}</time>
      </dd>
    </dl>
  )
}
