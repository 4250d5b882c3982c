import type { BrowserCoffer } from '@coffer/browser'
import { lastComponent, parentPath, type FileItem, type FileTree } from './file-tree.js'
import type { FilesState } from './files.js'
import { isMediaServed, publishMedia } from './media-server.js'
import type { MediaSource } from './media-source.js'
import { notify } from './notices.js'
import type { VaultSession } from './session.js'
import { runTask, type TaskControl } from './tasks.js'

/** What is not larger is put together in the browser's memory; anything else goes to the disk as it is decoded. */
const MOST_BLOB_BYTES = 64 << 20
/** How long the browser may take to begin with a download that it was given. */
const KEEP_MS = 60_000

/** Bytes on their way to the user's disk, of a size that is known. */
interface Outgoing {
  readonly name: string
  readonly size: number
  /** Begins to decode. */
  readonly open: (control: TaskControl) => Promise<ReadableStream<Uint8Array<ArrayBuffer>>>
}

/** Not in every browser. */
interface PickerWindow {
  showSaveFilePicker?(options: { readonly suggestedName: string }): Promise<FileSystemFileHandle>
}

/** Gives out a file as it is. Call it within the event of the user's wish. */
export async function downloadFile(session: VaultSession, name: string, size: number): Promise<void> {
  await save({ name: lastComponent(name), size, open: async () => openMember(session.coffer.value, name) })
}

/** Gives out what is chosen: one file as it is, all else as a zip archive. Call it within the event of the user's wish. */
export async function downloadItems({ session, tree }: FilesState, items: readonly FileItem[]): Promise<void> {
  const [first] = items
  if (!first || !tree.value) return
  if (items.length === 1 && !first.isFolder) await downloadFile(session, first.path, first.size)
  else await save(await zipOf(session, tree.value, items))
}

/** Names in the archive begin at what was chosen; folders are in it too, so that empty ones are. */
async function zipOf(session: VaultSession, tree: FileTree, items: readonly FileItem[]): Promise<Outgoing> {
  const entries = items.flatMap((item) => entriesOf(tree, item, parentPath(item.path)))
  const { makeZip, predictLength } = await import('client-zip')
  const size = Number(predictLength(entries.map(({ name, item }) => (item.isFolder ? { name } : { name, size: item.size }))))
  const name = items.length === 1 ? lastComponent(items[0]?.path ?? '') : session.name
  return {
    name: `${name === '' ? session.name : name}.zip`,
    size,
    open: async ({ signal }) => {
      const coffer = session.coffer.value
      const files = async function* (): AsyncGenerator<{ name: string; lastModified: Date; size: number; input: ReadableStream<Uint8Array> } | { name: string; lastModified: Date }> {
        for (const { name, item } of entries) {
          signal.throwIfAborted()
          const lastModified = new Date(item.mtimeMs)
          if (item.isFolder) yield { name, lastModified }
          else yield { name, lastModified, size: item.size, input: await openMember(coffer, item.path) }
        }
      }
      return makeZip(files()) as ReadableStream<Uint8Array<ArrayBuffer>>
    },
  }
}

function entriesOf(tree: FileTree, item: FileItem, base: string): { name: string; item: FileItem }[] {
  const name = base === '' ? item.path : item.path.slice(base.length + 1)
  if (!item.isFolder) return [{ name, item }]
  const folder = tree.folder(item.path)
  if (!folder) return []
  const inside = [...folder.folders.map((inner) => inner.item), ...folder.files].flatMap((inner) => entriesOf(tree, inner, base))
  return item.path === '' ? inside : [{ name: `${name}/`, item }, ...inside]
}

async function openMember(coffer: BrowserCoffer, name: string): Promise<ReadableStream<Uint8Array<ArrayBuffer>>> {
  const file = await coffer.file(name)
  return file.readable
}

async function save(outgoing: Outgoing): Promise<void> {
  const { name, size } = outgoing
  if (size <= MOST_BLOB_BYTES) return saveAsBlob(outgoing)
  const picker = window as PickerWindow
  if (picker.showSaveFilePicker) {
    const handle = await picked(async () => picker.showSaveFilePicker?.({ suggestedName: name }))
    if (handle) await saveTo(handle, outgoing)
    return undefined
  }
  return (await isMediaServed()) ? saveByWorker(outgoing) : saveAsBlob(outgoing)
}

async function saveAsBlob({ name, open, size }: Outgoing): Promise<void> {
  const blob = await runTask(`Downloading “${name}”`, async (control) => {
    const stream = (await open(control)).pipeThrough(counting(size, control))
    return new Response(stream, { headers: { 'content-type': 'application/octet-stream' } }).blob()
  })
  if (!blob) return
  const url = URL.createObjectURL(blob)
  clickLink(url, name)
  setTimeout(() => URL.revokeObjectURL(url), KEEP_MS)
  notify(`“${name}” is among your downloads, unencrypted.`)
}

/** A file that the user has picked; what it was before stays when this fails. */
async function saveTo(handle: FileSystemFileHandle, { name, open, size }: Outgoing): Promise<void> {
  const done = await runTask(`Downloading “${name}”`, async (control) => {
    const target = await handle.createWritable()
    await (await open(control)).pipeThrough(counting(size, control)).pipeTo(target, { signal: control.signal })
    return true
  })
  if (done) notify(`“${name}” is saved, unencrypted.`)
}

/** The browser downloads it from the service worker, which asks this page for one piece after the other, and keeps none. */
async function saveByWorker({ name, open, size }: Outgoing): Promise<void> {
  await runTask(`Downloading “${name}”`, async (control) => {
    let done = (): void => undefined
    let fail = (error: unknown): void => void error
    const ended = new Promise<void>((resolve, reject) => {
      done = resolve
      fail = reject
    })
    const source = inSequence(size, () => open(control), control, done)
    const media = publishMedia(source, { type: 'application/octet-stream', framed: true, download: name, onError: fail, onCancel: () => fail(new DOMException('It was cancelled in the browser.', 'AbortError')) })
    control.signal.addEventListener('abort', () => fail(control.signal.reason), { once: true })
    const frame = document.createElement('iframe')
    frame.hidden = true
    frame.src = media.url
    document.body.append(frame)
    try {
      await ended
    } finally {
      media.withdraw()
      frame.remove()
    }
  })
}

/** A stream as the source of a download, which is read from its beginning to its end. */
function inSequence(size: number, open: () => Promise<ReadableStream<Uint8Array<ArrayBuffer>>>, { onProgress }: TaskControl, onEnd: () => void): MediaSource {
  let reader: ReadableStreamDefaultReader<Uint8Array<ArrayBuffer>> | undefined
  let rest = new Uint8Array()
  let at = 0
  return {
    size,
    pieceEnd: (start) => Math.min(size, start + (512 << 10)),
    read: async (start, end) => {
      if (start !== at) throw new RangeError('A download is read in sequence.')
      reader ??= (await open()).getReader()
      while (rest.length === 0) {
        const { value, done } = await reader.read()
        if (done) throw new RangeError('The download ends too early.')
        rest = value
      }
      const piece = rest.slice(0, end - start)
      rest = rest.subarray(piece.length)
      at += piece.length
      onProgress({ done: at, total: size })
      // The last piece is on its way by then.
      if (at === size) setTimeout(onEnd, 1000)
      return piece
    },
  }
}

function counting(total: number, { signal, onProgress }: TaskControl): TransformStream<Uint8Array<ArrayBuffer>, Uint8Array<ArrayBuffer>> {
  let done = 0
  return new TransformStream({
    transform: (piece, controller) => {
      signal.throwIfAborted()
      done += piece.length
      onProgress({ done, total })
      controller.enqueue(piece)
    },
  })
}

async function picked<T>(pick: () => Promise<T>): Promise<T | undefined> {
  try {
    return await pick()
  } catch (error) {
    if (error instanceof DOMException && error.name === 'AbortError') return undefined
    throw error
  }
}

function clickLink(href: string, download: string): void {
  const link = document.createElement('a')
  link.href = href
  link.download = download
  link.click()
}
