import { Music } from 'lucide-preact'
import type { ComponentChild } from 'preact'
import { useEffect, useRef } from 'preact/hooks'
import { keepPlaying } from '../../model/media-player.js'
import { lastPart } from './facts.js'

export interface PlayerProps {
  readonly name: string
  readonly url: string
  readonly onFail: () => void
}

export function VideoView({ name, url, onFail }: PlayerProps): ComponentChild {
  const element = useRef<HTMLVideoElement>(null)
  usePlayer(element, url, onFail)
  return (
    <div class="viewer-body viewer-video">
      {/* Nothing is sent to other devices, nor downloaded under the name of its address. */}
      <video ref={element} controls playsInline disableRemotePlayback controlsList="nodownload noremoteplayback" aria-label={lastPart(name)} />
    </div>
  )
}

export function AudioView({ name, url, onFail }: PlayerProps): ComponentChild {
  const element = useRef<HTMLAudioElement>(null)
  usePlayer(element, url, onFail)
  return (
    <div class="viewer-body viewer-facts">
      <div class="viewer-card">
        <Music class="viewer-card-icon" aria-hidden="true" />
        <p class="viewer-card-title">{lastPart(name)}</p>
        <audio ref={element} controls disableRemotePlayback controlsList="nodownload noremoteplayback" aria-label={lastPart(name)} />
      </div>
    </div>
  )
}

/** The space bar plays and pauses, wherever the focus is in the viewer; an element that is taken away reads no further. */
function usePlayer(element: { readonly current: HTMLMediaElement | null }, url: string, onFail: () => void): void {
  useEffect(() => {
    const player = element.current
    const dialog = player?.closest('dialog')
    if (!player || !dialog) return undefined
    const onKey = (event: KeyboardEvent): void => {
      const isElsewhere = event.target instanceof HTMLElement && event.target.closest('button, audio, video')
      if (event.key !== ' ' || isElsewhere) return
      event.preventDefault()
      if (player.paused) void player.play().catch(() => undefined)
      else player.pause()
    }
    dialog.addEventListener('keydown', onKey)
    const stop = keepPlaying(player, url, onFail)
    return () => {
      dialog.removeEventListener('keydown', onKey)
      stop()
    }
  }, [])
}
