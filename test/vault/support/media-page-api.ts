import type { VariantName } from '@coffer/core'

/** What a page's element or script gets for a media address. */
export interface Answer {
  readonly status: number
  readonly headers: Record<string, string>
  readonly length: number
  /** SHA-256 of the body, in base64. */
  readonly digest: string
}

export interface Times {
  /** From setting the address to the first frame that plays, in milliseconds. */
  readonly start: number
  /** From setting the time to the frame that stands there. */
  readonly seek: number
  /** Which of the video's different seconds is shown. */
  readonly second: number
}

export interface PutVideo {
  readonly seconds: number
  readonly size: number
  /** Some bytes out of the middle, in base64. */
  readonly needle: string
}

/** From the vault, or from a file that is not encrypted. */
export type From = 'vault' | 'plain'

export interface PublishOptions {
  readonly from?: From
  readonly type?: string
  readonly framed?: boolean
}

/** What the page of media-page offers to tests, as `media`. */
export interface MediaPage {
  /** Whether the service worker is there. */
  start(): Promise<boolean>
  open(variant: VariantName, storage?: 'opfs' | 'indexeddb'): Promise<void>
  /** Writes a file whose bytes follow from where they stand. */
  put(name: string, size: number): Promise<void>
  /** Writes a video. */
  putVideo(name: string, bytes: number): Promise<PutVideo>
  /** A video in base64. */
  videoFile(bytes: number): Promise<string>
  /** The last video that was put, as a file that is not encrypted. */
  putPlain(name: string): Promise<void>
  publish(name: string, options?: PublishOptions): Promise<string>
  withdraw(url: string): void
  get(url: string, range?: string, method?: string): Promise<Answer>
  /** Plays a video anew, and goes to a time of it. */
  play(name: string, from: From, time: number): Promise<Times>
  remove(name: string): Promise<void>
  /** As when this tab takes over from another: another object, the same content. */
  replace(): Promise<void>
  close(): Promise<void>
  /** Begins to get the body, takes the first bytes of it, and leaves it at that. */
  begin(url: string): Promise<void>
  /** Gives up what was begun. */
  giveUp(): Promise<void>
  /** Bytes that were read for the worker so far. */
  readBytes(url: string): number
  /** What a frame with that address shows; `undefined` where it is not let. */
  frameText(url: string): Promise<string | undefined>
  /** Opens a video, to be controlled by what follows. */
  openVideo(name: string): Promise<void>
  /** Goes to a time; which second is shown then. */
  seek(time: number): Promise<number>
  /** Lets the element say that it has given up, as it does when the worker is stopped at a bad moment; what is shown once it goes on. */
  breakVideo(): Promise<{ readonly second: number; readonly plays: boolean }>
  /** Where in the origin's storage these bytes are: in the names of caches, databases and files. */
  storesWith(needle: string): Promise<readonly string[]>
  /** Why reading failed, by code. */
  errors(): readonly string[]
}
