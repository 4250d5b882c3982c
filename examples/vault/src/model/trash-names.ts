/** Where plugins keep their data, and where what was deleted waits: no files of the user's. */
const hiddenFolders = ['.plugins', '.trash']
const TRASH = '.trash/'

/** How long deleted files can be brought back. */
export const TRASH_DAYS = 30

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
  return `${TRASH}${now.toISOString().replaceAll(':', '-')}/${path.split('/').length}/${path}`
}

/** What was deleted of which a member is a part; `undefined` for a member outside of the trash. */
export function trashPlace(name: string): TrashPlace | undefined {
  const [, time = '', depth = '', rest = ''] = /^\.trash\/([^/]+)\/(\d+)\/(.+)$/s.exec(name) ?? []
  const deletedMs = Date.parse(time.replace(/T(\d\d)-(\d\d)-/, 'T$1:$2:'))
  if (rest === '' || Number.isNaN(deletedMs)) return undefined
  const original = rest.split('/', Number(depth)).join('/')
  return { path: `${TRASH}${time}/${depth}/${original}`, original, deletedMs }
}
