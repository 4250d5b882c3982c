import { Maximize, ZoomIn, ZoomOut } from 'lucide-preact'
import type { ComponentChild } from 'preact'
import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks'
import { Button } from '../controls/button.js'
import { lastPart } from './facts.js'

export interface ImageViewProps {
  readonly name: string
  readonly url: string
  /** Sharp at any size. */
  readonly isDrawing: boolean
  readonly onFail: () => void
}

const STEP = 1.5
const LEAST = 0.05
const MOST = 16
/** Around a picture that fits, as the style sheet has it. */
const MARGIN = 12

/** A place of the picture that stays where it is on the screen while the size changes: in the picture, and in the window, both from 0 to 1. */
interface Anchor {
  readonly x: number
  readonly y: number
  readonly left: number
  readonly top: number
}

/** A picture that fits, or is as large as one likes. */
export function ImageView({ name, url, isDrawing, onFail }: ImageViewProps): ComponentChild {
  const frame = useRef<HTMLDivElement>(null)
  const image = useRef<HTMLImageElement>(null)
  const anchor = useRef<Anchor>(undefined)
  /** Nothing until it is loaded. */
  const [size, setSize] = useState({ width: 0, height: 0 })
  const isLoaded = size.width > 0
  /** `undefined` while it fits. */
  const [scale, setScale] = useState<number>()

  const zoomTo = (next: number | undefined, at?: { clientX: number; clientY: number }): void => {
    const [box, picture] = [frame.current?.getBoundingClientRect(), image.current?.getBoundingClientRect()]
    if (!box || !picture || !isLoaded) return
    const left = at ? at.clientX - box.left : box.width / 2
    const top = at ? at.clientY - box.top : box.height / 2
    // Around the middle of the window, where it fits: its element is larger then than what is seen of it.
    const [width, height] = scale === undefined ? [size.width * fit(), size.height * fit()] : [picture.width, picture.height]
    const [middleX, middleY] = [picture.left + picture.width / 2 - box.left, picture.top + picture.height / 2 - box.top]
    anchor.current = { x: (left - middleX) / width + 0.5, y: (top - middleY) / height + 0.5, left, top }
    setScale(next === undefined ? undefined : Math.min(MOST, Math.max(LEAST, next)))
  }
  const fit = (): number => {
    const { clientWidth = 0, clientHeight = 0 } = frame.current ?? {}
    const most = Math.min((clientWidth - 2 * MARGIN) / size.width, (clientHeight - 2 * MARGIN) / size.height)
    return isDrawing ? most : Math.min(1, most)
  }
  const current = (): number => scale ?? fit()
  const zoomBy = (factor: number, at?: { clientX: number; clientY: number }): void => zoomTo(current() * factor, at)

  useLayoutEffect(() => {
    const [box, picture, kept] = [frame.current, image.current, anchor.current]
    if (!box || !picture || !kept || scale === undefined) return
    box.scrollLeft = picture.offsetLeft + kept.x * picture.offsetWidth - kept.left
    box.scrollTop = picture.offsetTop + kept.y * picture.offsetHeight - kept.top
  }, [scale])

  // A picture that was taken away would be loaded to its end.
  useEffect(() => {
    const picture = image.current
    return () => picture?.removeAttribute('src')
  }, [])

  useEffect(() => {
    const dialog = frame.current?.closest('dialog')
    const onKey = ({ key, target, ctrlKey, metaKey }: KeyboardEvent): void => {
      if (ctrlKey || metaKey || (target instanceof HTMLElement && target.closest('input'))) return
      if (key === '+' || key === '=') zoomBy(STEP)
      else if (key === '-') zoomBy(1 / STEP)
      else if (key === '0') zoomTo(undefined)
    }
    // By hand, since scrolling is prevented in it.
    const onWheel = (event: WheelEvent): void => {
      if (!event.ctrlKey && !event.metaKey) return
      event.preventDefault()
      zoomBy(Math.exp(-event.deltaY / 200), event)
    }
    const box = frame.current
    dialog?.addEventListener('keydown', onKey)
    box?.addEventListener('wheel', onWheel, { passive: false })
    return () => {
      dialog?.removeEventListener('keydown', onKey)
      box?.removeEventListener('wheel', onWheel)
    }
  })

  return (
    <div class="viewer-body viewer-image-pane">
      {/* Its zoom is by the buttons and keys too; a place to scroll by keyboard is reached by Tab while there is something to scroll. */}
      <div ref={frame} class={`viewer-image ${scale === undefined ? '' : 'is-zoomed'} ${isDrawing ? 'is-drawing' : ''}`} tabIndex={scale === undefined ? -1 : 0} role="group" aria-label="Picture" onPointerDown={(event) => drag(event, frame.current)}>
        <img
          ref={image}
          src={url}
          alt={lastPart(name)}
          draggable={false}
          style={{ width: scale === undefined ? '' : `${Math.round(size.width * scale)}px` }}
          onLoad={({ currentTarget: { naturalWidth, naturalHeight } }) => setSize({ width: naturalWidth || 300, height: naturalHeight || 150 })}
          onError={onFail}
          onDblClick={(event) => zoomTo(scale === undefined ? Math.max(1, current() * 2) : undefined, event)}
        />
      </div>
      <footer class="viewer-tools">
        <Button kind="quiet" label="Smaller" disabled={!isLoaded} onClick={() => zoomBy(1 / STEP)}>
          <ZoomOut aria-hidden="true" />
        </Button>
        <span class="viewer-zoom" aria-live="polite">
          {scale === undefined ? 'Fits' : `${Math.round(scale * 100)} %`}
        </span>
        <Button kind="quiet" label="Larger" disabled={!isLoaded} onClick={() => zoomBy(STEP)}>
          <ZoomIn aria-hidden="true" />
        </Button>
        <Button kind="quiet" label="Fit" disabled={scale === undefined} onClick={() => zoomTo(undefined)}>
          <Maximize aria-hidden="true" />
        </Button>
      </footer>
    </div>
  )
}

/** Moves what is larger than its window with the mouse; fingers do that by themselves. */
function drag({ pointerId, pointerType, button, clientX, clientY, currentTarget }: PointerEvent, box: HTMLElement | null): void {
  if (!box || pointerType !== 'mouse' || button !== 0 || !box.classList.contains('is-zoomed')) return
  const { scrollLeft, scrollTop } = box
  const target = currentTarget as HTMLElement
  target.setPointerCapture(pointerId)
  const onMove = (event: PointerEvent): void => {
    box.scrollLeft = scrollLeft + clientX - event.clientX
    box.scrollTop = scrollTop + clientY - event.clientY
  }
  target.addEventListener('pointermove', onMove)
  target.addEventListener('lostpointercapture', () => target.removeEventListener('pointermove', onMove), { once: true })
}
