import { openCoffer, type BrowserCoffer } from '@coffer/browser'
import { generateKeys, type VariantName } from '@coffer/core'
import { keepPlaying } from '../../../../examples/vault/src/model/media-player.js'
import { isMediaServed, publishMedia, serveMedia, type Media } from '../../../../examples/vault/src/model/media-server.js'
import { fileSource, memberSource, type MediaSource } from '../../../../examples/vault/src/model/media-source.js'
import { storesWith } from './stores-with.js'
import { makeVideo, SECONDS } from '../make-video.js'
import type { Answer, From, MediaPage, PublishOptions, PutVideo, Times } from '../media-page-api.js'

// What media.spec.ts calls in a page: the vault's own model and service worker, with a coffer that the test fills.

const published = new Map<string, Media>()
const errors: string[] = []
/** The vault's session, as far as media know it. */
let coffer: BrowserCoffer | undefined
/** The one before, closed, which the next who asks is given: as if it had been closed right after. */
let stale: BrowserCoffer | undefined

async function start(): Promise<boolean> {
  serveMedia()
  await navigator.serviceWorker.register('/sw.js')
  await navigator.serviceWorker.ready
  return isMediaServed()
}

async function open(variant: VariantName, storage: 'opfs' | 'indexeddb' = 'opfs'): Promise<void> {
  await coffer?.close()
  coffer = await openCoffer('media', { mode: 'w', variant, storage, keys: await generateKeys(variant) })
}

function current(): BrowserCoffer {
  if (!coffer) throw new Error('Open a coffer first.')
  return coffer
}

/** A file whose bytes tell where they stand. */
async function put(name: string, size: number): Promise<void> {
  await current().write(name, numbered(size))
  await current().flush()
}

function numbered(size: number): Uint8Array {
  return Uint8Array.from({ length: size }, (_, i) => (i * 31 + (i >> 8) * 17 + (i >> 16) * 7) & 0xff)
}

let lastVideo = new Blob()

async function putVideo(name: string, bytes: number): Promise<PutVideo> {
  const { blob, seconds } = await makeVideo(bytes)
  lastVideo = blob
  await current().write(name, blob)
  await current().flush()
  const middle = new Uint8Array(await blob.slice(blob.size / 2, blob.size / 2 + 48).arrayBuffer())
  return { seconds, size: blob.size, needle: btoa(String.fromCharCode(...middle)) }
}

async function videoFile(bytes: number): Promise<string> {
  const { blob } = await makeVideo(bytes)
  return new Uint8Array(await blob.arrayBuffer()).reduce((text, byte) => text + String.fromCharCode(byte), '')
}

async function putPlain(name: string): Promise<void> {
  const handle = await (await navigator.storage.getDirectory()).getFileHandle(`plain-${name}`, { create: true })
  await lastVideo.stream().pipeTo(await handle.createWritable())
}

async function sourceOf(name: string, from: From): Promise<MediaSource> {
  if (from === 'plain') {
    const handle = await (await navigator.storage.getDirectory()).getFileHandle(`plain-${name}`)
    return fileSource(await handle.getFile())
  }
  const member = await current().stat(name)
  if (!member) throw new Error('There is no such member.')
  const holder = {
    get value(): BrowserCoffer {
      const given = stale ?? current()
      stale = undefined
      return given
    },
  }
  return memberSource({ coffer: holder }, member)
}

async function publish(name: string, { from = 'vault', type = 'application/octet-stream', framed }: PublishOptions = {}): Promise<string> {
  const source = await sourceOf(name, from)
  let bytes = 0
  const item = publishMedia(counted(source, (more) => readBytes.set(item.url, (bytes += more))), { type, framed, onError: (error) => errors.push((error as { code?: string }).code ?? String(error)) })
  published.set(item.url, item)
  return item.url
}

const readBytes = new Map<string, number>()

function counted(source: MediaSource, onRead: (bytes: number) => void): MediaSource {
  return {
    ...source,
    read: async (start, end, signal) => {
      const bytes = await source.read(start, end, signal)
      onRead(bytes.length)
      return bytes
    },
  }
}

let begun: ReadableStreamDefaultReader<Uint8Array> | undefined

async function begin(url: string): Promise<void> {
  begun = (await fetch(url)).body?.getReader()
  await begun?.read()
}

async function frameText(url: string): Promise<string | undefined> {
  const frame = document.createElement('iframe')
  frame.src = url
  const loaded = new Promise((resolve) => frame.addEventListener('load', resolve, { once: true }))
  document.body.append(frame)
  await loaded
  const text = frame.contentDocument?.body.textContent ?? undefined
  frame.remove()
  return text
}

async function get(url: string, range?: string, method = 'GET'): Promise<Answer> {
  const response = await fetch(url, { method, ...(range === undefined ? {} : { headers: { range } }) })
  const bytes = await response.arrayBuffer()
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', bytes))
  return { status: response.status, headers: Object.fromEntries(response.headers), length: bytes.byteLength, digest: btoa(String.fromCharCode(...digest)) }
}

async function play(name: string, from: From, time: number): Promise<Times> {
  const url = await publish(name, { from, type: 'video/webm' })
  const video = document.createElement('video')
  video.muted = true
  document.body.append(video)
  const frame = (): Promise<unknown> => new Promise((resolve) => video.requestVideoFrameCallback(resolve))
  const happens = (event: string): Promise<unknown> =>
    new Promise((resolve, reject) => {
      video.addEventListener(event, resolve, { once: true })
      video.addEventListener('error', () => reject(new Error(video.error?.message)), { once: true })
    })
  try {
    const begun = performance.now()
    const isPlaying = Promise.all([happens('playing'), frame()])
    video.src = url
    void video.play()
    await isPlaying
    const played = performance.now()
    const isThere = happens('seeked')
    video.currentTime = time
    await isThere
    await frame()
    return { start: played - begun, seek: performance.now() - played, second: secondShown(video) }
  } finally {
    video.removeAttribute('src')
    video.load()
    video.remove()
    published.get(url)?.withdraw()
  }
}

let opened: HTMLVideoElement | undefined

async function openVideo(name: string): Promise<void> {
  const video = document.createElement('video')
  opened = video
  video.muted = true
  document.body.append(video)
  const ready = new Promise((resolve) => video.addEventListener('loadeddata', resolve, { once: true }))
  keepPlaying(video, await publish(name, { type: 'video/webm' }), () => errors.push(video.error?.message ?? ''))
  await ready
}

async function seek(time: number): Promise<number> {
  const video = opened
  if (!video) throw new Error('Open a video first.')
  const isThere = new Promise((resolve) => video.addEventListener('seeked', resolve, { once: true }))
  const isShown = frameOf(video, time)
  video.currentTime = time
  await isThere
  await isShown
  return secondShown(video)
}

/** Resolves when a frame of that second is shown: a busy browser says `seeked` while the one before still is. */
function frameOf(video: HTMLVideoElement, time: number): Promise<void> {
  return new Promise((resolve) => {
    const look: VideoFrameRequestCallback = (_now, { mediaTime }) => {
      if (Math.floor(mediaTime) === Math.floor(time)) resolve()
      else video.requestVideoFrameCallback(look)
    }
    video.requestVideoFrameCallback(look)
  })
}

async function breakVideo(): Promise<{ second: number; plays: boolean }> {
  const video = opened
  if (!video) throw new Error('Open a video first.')
  await video.play()
  const isThere = new Promise((resolve) => video.addEventListener('seeked', resolve, { once: true }))
  video.dispatchEvent(new Event('error'))
  await isThere
  await new Promise((resolve) => video.requestVideoFrameCallback(resolve))
  return { second: secondShown(video), plays: !video.paused }
}

/** By the bar that makeVideo() draws. */
function secondShown(video: HTMLVideoElement): number {
  const context = new OffscreenCanvas(video.videoWidth, video.videoHeight).getContext('2d')
  context?.drawImage(video, 0, 0)
  const pixels = context?.getImageData(0, 40, video.videoWidth, 1).data ?? new Uint8ClampedArray()
  let left = 0
  while (left < video.videoWidth && (pixels[left * 4] ?? 0) > 128) left++
  return Math.round((left * SECONDS) / video.videoWidth)
}

const page: MediaPage = {
  start,
  open,
  put,
  putVideo,
  putPlain,
  videoFile: async (bytes) => btoa(await videoFile(bytes)),
  publish,
  withdraw: (url) => published.get(url)?.withdraw(),
  get,
  play,
  remove: (name) => current().delete(name),
  replace: async () => {
    const before = current()
    coffer = await before.reopen()
    stale = before
  },
  close: () => current().close(),
  begin,
  giveUp: async () => begun?.cancel(),
  readBytes: (url) => readBytes.get(url) ?? 0,
  frameText,
  openVideo,
  seek,
  breakVideo,
  storesWith,
  errors: () => errors,
}

Object.assign(globalThis, { media: page })
