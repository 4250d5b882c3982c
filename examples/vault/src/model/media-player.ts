/** How often a player is begun anew at one place before it is taken for unplayable. */
const MOST_ATTEMPTS = 3

/**
 * Gives an element an address, and begins anew at the same place where it gives up: browsers stop a service worker after some minutes,
 * also in the middle of what it answers, and not all players ask again by themselves.
 * @param onFail Told when it cannot be played, once.
 * @returns What ends it: the element reads no further.
 */
export function keepPlaying(player: HTMLMediaElement, url: string, onFail: () => void): () => void {
  const ended = new AbortController()
  const { signal } = ended
  let attempts = 0
  /** Where it is to go on, once it is known again how long it is. */
  let place: { readonly time: number; readonly plays: boolean } | undefined
  let isKnown = false

  const load = (): void => {
    player.src = url
    player.load()
  }
  const onMetadata = (): void => {
    isKnown = true
    if (!place) return
    player.currentTime = place.time
    if (place.plays) void player.play().catch(() => undefined)
  }
  const onArrived = (): void => {
    place = undefined
    attempts = 0
  }
  const onError = (): void => {
    // What was never understood will not be the next time either.
    if (!isKnown || attempts === MOST_ATTEMPTS) {
      ended.abort()
      onFail()
      return
    }
    attempts += 1
    place ??= { time: player.currentTime, plays: !player.paused }
    load()
  }
  player.addEventListener('loadedmetadata', onMetadata, { signal })
  player.addEventListener('seeked', onArrived, { signal })
  player.addEventListener('error', onError, { signal })
  load()
  return () => {
    ended.abort()
    player.pause()
    player.removeAttribute('src')
    player.load()
  }
}
