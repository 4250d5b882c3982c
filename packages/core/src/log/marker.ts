import { concat } from '../bytes/bytes.js'
import { encodeSkippableFrame, SKIPPABLE_MAGIC } from '../zstd/frame.js'
import { FORMAT_VERSION, recordTypes } from './record.js'

/** What a marker says of the member it begins (docs/FORMAT.md, Markers). */
export type MarkerKind = 'member' | 'deleted' | 'stream' | 'stream-end'
const kinds: readonly MarkerKind[] = ['member', 'deleted', 'stream', 'stream-end']

/**
 * The small skippable frame that begins each member inside its first seal. PyCoffer steps over it; we tell by it
 * that a file without a log was ours once.
 */
export function encodeMarker(kind: MarkerKind, data: Uint8Array = new Uint8Array(0)): Uint8Array {
  return encodeSkippableFrame(SKIPPABLE_MAGIC, concat([new Uint8Array([FORMAT_VERSION, recordTypes.marker, kinds.indexOf(kind), 0]), data]))
}

export interface Marker {
  readonly kind: MarkerKind
  /** A view into the frame. */
  readonly data: Uint8Array
}

/** The marker in a skippable frame, or `undefined` where it holds something else. */
export function decodeMarker(magic: number, body: Uint8Array): Marker | undefined {
  if (magic !== SKIPPABLE_MAGIC || body.length < 4 || body[0] !== FORMAT_VERSION || body[1] !== recordTypes.marker) return undefined
  const kind = kinds[body[2] as number]
  return kind && body[3] === 0 ? { kind, data: body.subarray(4) } : undefined
}
