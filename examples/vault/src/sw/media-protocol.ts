/** What the worker asks the page that a request for a media address came from, with a port for the answer. */
export interface MediaQuestion {
  readonly type: 'media'
  readonly id: string
  readonly method: string
  readonly range: string | null
  /** Asked for as a document in a frame, by whom is not known. Only what was published for that is given out. */
  readonly framed: boolean
}

/** What the page sends through the port: one head, pieces as they are asked for, and an end. */
export type MediaAnswer =
  | { readonly head: { readonly status: number; readonly headers: readonly (readonly [string, string])[] } }
  | { readonly piece: Uint8Array<ArrayBuffer> }
  | { readonly end: 'done' | 'failed' }

/** What the worker sends through the port: that it takes one more piece, or none any more. */
export type MediaWish = 'more' | 'cancel'

/** The page asks a worker that does not control it, after a reload that went past it, to do so. */
export const CLAIM = 'CLAIM'
