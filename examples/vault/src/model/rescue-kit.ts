/** What an exported rescue page holds beside its program. Nothing of it is secret, but whoever has it can try passwords. */
export interface RescueKit {
  /** What its owner calls the vault. */
  readonly name: string
  /** The name of the exported coffer file. */
  readonly file: string
  /** The keyring's document. */
  readonly keyring: string
  /** When it was exported, as `Date.toISOString` writes it. */
  readonly exported: string
}

export const KIT_ID = 'coffer-kit'
const OPENING = `<script type="application/json" id="${KIT_ID}">`
const CLOSING = '</script>'

/** The rescue page with a kit in it. @throws Error for a text that is not the rescue page. */
export function fillRescuePage(html: string, kit: RescueKit): string {
  const place = findKit(html)
  if (!place) throw new Error('This is not the rescue page.')
  // So that nothing in it ends the element; JSON reads it as the same.
  const text = JSON.stringify({ format: KIT_ID, version: 1, ...kit }).replace(/</g, '\\u003c')
  return html.slice(0, place.start) + text + html.slice(place.end)
}

/** The kit of a rescue page, of which the beginning is enough; `undefined` where it has none. */
export function kitOfPage(html: string): RescueKit | undefined {
  const place = findKit(html)
  return place && parseKit(html.slice(place.start, place.end))
}

/** The text of the page's element. */
export function parseKit(text: string): RescueKit | undefined {
  try {
    const value = JSON.parse(text) as Partial<Record<'format' | keyof RescueKit, unknown>> | null
    if (value?.format !== KIT_ID) return undefined
    const { name, file, keyring, exported } = value
    if (![name, file, keyring, exported].every((part) => typeof part === 'string')) return undefined
    return { name, file, keyring, exported } as RescueKit
  } catch {
    return undefined
  }
}

function findKit(html: string): { readonly start: number; readonly end: number } | undefined {
  const start = html.indexOf(OPENING) + OPENING.length
  const end = html.indexOf(CLOSING, start)
  return start < OPENING.length || end < 0 ? undefined : { start, end }
}
