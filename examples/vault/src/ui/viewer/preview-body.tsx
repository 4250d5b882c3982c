import type { ComponentChild } from 'preact'
import { useState } from 'preact/hooks'
import type { Explanation } from '../../model/explain-error.js'
import type { Preview } from '../../model/preview.js'
import type { VaultSession } from '../../model/session.js'
import { FactsView } from './facts-view.js'
import { ImageView } from './image-view.js'
import { AudioView, VideoView } from './player.js'
import { TextView } from './text-view.js'
import type { PreviewState } from './use-preview.js'

export interface PreviewBodyProps {
  readonly session: VaultSession
  readonly state: PreviewState
  readonly onDownload: () => void
}

const notShown: Explanation = { text: 'This file cannot be shown here.', advice: 'It may be damaged, or of a kind that this browser does not know. You can download it.' }

/** A member as what it is; its facts where it cannot be shown. */
export function PreviewBody({ session, state, onDownload }: PreviewBodyProps): ComponentChild {
  const [failed, setFailed] = useState<string>()
  const [asText, setAsText] = useState(false)
  const { preview, problem } = state
  if (!preview && !problem) return <div class="viewer-body viewer-waiting" role="status" aria-label="Loading" />
  if (!preview || problem || (failed !== undefined && failed === preview.url)) {
    return <FactsView preview={preview} problem={problem ?? notShown} onDownload={preview && onDownload} />
  }
  const { type, member, url } = preview
  if (type.kind === 'text' || asText) return <TextView key={`${member.mtimeMs}`} session={session} member={member} />
  if (url === undefined) return <FactsView preview={preview} onDownload={onDownload} onShowText={type.kind === 'unknown' ? () => setAsText(true) : undefined} />
  return <MediaView preview={preview} url={url} onFail={() => setFailed(url)} />
}

interface MediaViewProps {
  readonly preview: Preview
  readonly url: string
  readonly onFail: () => void
}

function MediaView({ preview: { type, member }, url, onFail }: MediaViewProps): ComponentChild {
  if (type.kind === 'image') return <ImageView key={url} name={member.name} url={url} isDrawing={type.type === 'image/svg+xml'} onFail={onFail} />
  if (type.kind === 'audio') return <AudioView key={url} name={member.name} url={url} onFail={onFail} />
  if (type.kind === 'video') return <VideoView key={url} name={member.name} url={url} onFail={onFail} />
  return (
    <div class="viewer-body">
      <iframe key={url} class="viewer-document" src={url} title={member.name} />
    </div>
  )
}
