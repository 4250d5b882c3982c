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
  /** Writes a video, and beside the vault the same as a file that is not encrypted. */
  putVideo(name: string, bytes: number): Promise<{ readonly seconds: number; readonly size: number }>
  publish(name: string, options?: PublishOptions): Promise<string>
  withdraw(url: string): void
  get(url: string, range?: string, method?: string): Promise<Answer>
  /** Plays a video anew, and goes to a time of it. */
  play(name: string, from: From, time: number): Promise<Times>
  remove(name: string): Promise<void>
  /** As when this tab takes over from another: another object, the same content. */
  replace(): Promise<void>
  close(): Promise<void>
  /** Bytes that were read for the worker so far. */
  readBytes(): number
  /** Why reading failed, by code. */
  errors(): readonly string[]
}
