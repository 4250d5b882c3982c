/** Where plugins keep their data, and where what was deleted waits: no files of the user's. */
const hiddenFolders = ['.plugins', '.trash']
const TRASH = '.trash/'

/** How long what was deleted can be brought back. */
export const TRASH_DAYS = 30
const DAY_MS = 86_400_000

/** What was deleted, by where it waits: `.trash/<time>/<n>/<its path>`, where the first `n` components of the path are what was deleted. */
export interface TrashPlace {
  /** The member that it is now, or the folder of its members. */
  readonly path: string
  /** The path that it had. */
  readonly original: string
  readonly deletedMs: number
}

/** Whether a member is none of the user's files. */
export function isHidden(name: string): boolean {
  return name.startsWith('.') && hiddenFolders.some((folder) => name === folder || name.startsWith(`${folder}/`))
}

/** Where something goes that is deleted now. */
export function trashPath(path: string, now: Date): string {
  return `${TRASH}${trashTime(now)}/${path.split('/').length}/${path}`
}

/** What was deleted of which a member is a part; `undefined` for a member outside of the trash. */
export function trashPlace(name: string): TrashPlace | undefined {
  const [, time = '', depth = '', rest = ''] = /^\.trash\/([^/]+)\/(\d+)\/(.+)$/s.exec(name) ?? []
  const deletedMs = parseTrashTime(time)
  if (rest === '' || deletedMs === undefined) return undefined
  const original = rest.split('/', Number(depth)).join('/')
  return { path: `${TRASH}${time}/${depth}/${original}`, original, deletedMs }
}

/** A time as a part of a path. */
export function trashTime(now: Date): string {
  return now.toISOString().replaceAll(':', '-')
}

/** What {@link trashTime} wrote, in milliseconds since 1970; `undefined` for anything else. */
export function parseTrashTime(time: string): number | undefined {
  const ms = Date.parse(time.replace(/T(\d\d)-(\d\d)-/, 'T$1:$2:'))
  return Number.isNaN(ms) ? undefined : ms
}

/** Whether what was deleted then has waited for long enough. */
export function isOverdue(deletedMs: number, now: number): boolean {
  return now - deletedMs > TRASH_DAYS * DAY_MS
}
