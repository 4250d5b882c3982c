import type { Coffer, Member } from '@coffer/core'
import type { ComponentChild } from 'preact'
import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks'
import { run } from './task.js'
import { sizeText } from './words.js'

/** How much of a text is shown. */
const TEXT_BYTES = 262_144
/** Larger pictures are better saved. */
const IMAGE_BYTES = 67_108_864

const images: Readonly<Record<string, string>> = {
  avif: 'image/avif',
  bmp: 'image/bmp',
  gif: 'image/gif',
  jpeg: 'image/jpeg',
  jpg: 'image/jpeg',
  png: 'image/png',
  svg: 'image/svg+xml',
  webp: 'image/webp',
}
const texts =
  /(?:^|\/)(?:readme|licen[cs]e|makefile)$|\.(?:txt|md|markdown|rst|csv|tsv|json|ya?ml|toml|ini|conf|log|xml|html?|css|m?[jt]sx?|py|rb|go|rs|c|h|cpp|java|sh|sql|tex|srt|vcf|ics|eml)$/i

type Content = { readonly text: string; readonly isCut: boolean } | { readonly image: string }

/** Whether something of it can be shown here. */
export function canPreview({ name, type, size }: Member): boolean {
  return type === 'file' && (texts.test(name) || (imageType(name) !== undefined && size <= IMAGE_BYTES))
}

export interface PreviewProps {
  readonly coffer: Coffer
  readonly member: Member
  readonly onSave: () => void
  readonly onClose: () => void
}

/** A text or a picture. */
export function Preview({ coffer, member, onSave, onClose }: PreviewProps): ComponentChild {
  const [content, setContent] = useState<Content>()
  const dialog = useRef<HTMLDialogElement>(null)
  useEffect(() => {
    let image = ''
    void run(`Reading ${member.name}`, async ({ signal }) => {
      const bytes = await coffer.read(member.name, { end: imageType(member.name) === undefined ? TEXT_BYTES : member.size, signal })
      const type = imageType(member.name)
      if (type === undefined) return { text: new TextDecoder().decode(bytes), isCut: member.size > TEXT_BYTES }
      image = URL.createObjectURL(new Blob([bytes], { type }))
      return { image }
    }).then((read) => (read ? setContent(read) : onClose()))
    return () => URL.revokeObjectURL(image)
  }, [coffer, member])
  // Before the next key, which may come sooner than the browser paints: Escape closes it.
  useLayoutEffect(() => {
    if (content) dialog.current?.showModal()
  }, [content])
  if (!content) return undefined
  return (
    <dialog ref={dialog} class="preview" aria-label={member.name} onClose={onClose}>
      <header>
        <h2>{member.name}</h2>
        <button type="button" class="button" onClick={onSave}>
          Save
        </button>
        <button type="button" class="button" onClick={() => dialog.current?.close()}>
          Close
        </button>
      </header>
      {'image' in content ? (
        <div class="picture">
          <img src={content.image} alt={member.name} />
        </div>
      ) : (
        <pre tabIndex={0}>{content.text}</pre>
      )}
      {'text' in content && content.isCut && <p class="quiet">The first {sizeText(TEXT_BYTES)} of {sizeText(member.size)}. Save the file to see the rest.</p>}
    </dialog>
  )
}

function imageType(name: string): string | undefined {
  return images[/\.([^./]+)$/.exec(name)?.[1]?.toLowerCase() ?? '']
}
