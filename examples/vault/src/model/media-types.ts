/** How a file is shown. */
export type MediaKind = 'text' | 'image' | 'audio' | 'video' | 'pdf' | 'unknown'

export interface MediaType {
  readonly kind: MediaKind
  /** What it is served as: never a type whose content a browser would run. */
  readonly type: string
  /** What a person calls it. */
  readonly label: string
}

const UNKNOWN: MediaType = { kind: 'unknown', type: 'application/octet-stream', label: 'File' }

const byExtension: ReadonlyMap<string, MediaType> = new Map([
  ...list('image', 'image', {
    apng: 'apng',
    avif: 'avif',
    bmp: 'bmp',
    gif: 'gif',
    ico: 'x-icon',
    jfif: 'jpeg',
    jpeg: 'jpeg',
    jpg: 'jpeg',
    png: 'png',
    svg: 'svg+xml',
    webp: 'webp',
  }),
  ...list('audio', 'audio', {
    aac: 'aac',
    flac: 'flac',
    m4a: 'mp4',
    mp3: 'mpeg',
    oga: 'ogg',
    ogg: 'ogg',
    opus: 'ogg',
    wav: 'wav',
    weba: 'webm',
  }),
  ...list('video', 'video', { m4v: 'mp4', mkv: 'x-matroska', mov: 'mp4', mp4: 'mp4', ogv: 'ogg', webm: 'webm' }),
  ...list('pdf', 'application', { pdf: 'pdf' }),
  ...texts(
    'bat c cc cfg clj cmd conf cpp cs css csv dart diff env fish go gradle graphql h hpp hs htm html ics ini java js json json5 jsonc ' +
      'jsonl jsx kt less lock log lua m markdown md mjs cjs mts cts patch php pl properties proto ps1 py r rb rs rst rtf scala scss sh ' +
      'sql srt swift tex toml ts tsv tsx txt vb vcf vtt vue xhtml xml yaml yml zsh',
  ),
])

/** Names of files without an extension that are text all the same. */
const textNames = new Set(['changelog', 'copying', 'dockerfile', 'license', 'makefile', 'readme'])

/** What a file is, by its name alone. */
export function mediaTypeOf(name: string): MediaType {
  const base = name.slice(name.lastIndexOf('/') + 1).toLowerCase()
  const dot = base.lastIndexOf('.')
  if (dot <= 0) return textNames.has(base) || base.startsWith('.') ? textType('') : UNKNOWN
  return byExtension.get(base.slice(dot + 1)) ?? UNKNOWN
}

/** What a file that its name tells nothing of is by its first bytes. */
export function sniffMediaType(head: Uint8Array): MediaType {
  const text = String.fromCharCode(...head.subarray(0, 16))
  if (text.startsWith('\u0089PNG\r\n')) return known('png')
  if (text.startsWith('\u00ff\u00d8\u00ff')) return known('jpg')
  if (/^GIF8[79]a/.test(text)) return known('gif')
  if (/^RIFF[^]{4}WEBP/.test(text)) return known('webp')
  if (/^RIFF[^]{4}WAVE/.test(text)) return known('wav')
  if (text.startsWith('%PDF-')) return known('pdf')
  if (text.startsWith('\u001a\u0045\u00df\u00a3')) return known('webm')
  if (/^[^]{4}ftyp/.test(text)) return known('mp4')
  if (text.startsWith('fLaC')) return known('flac')
  if (text.startsWith('OggS')) return known('ogg')
  if (text.startsWith('ID3')) return known('mp3')
  return isText(head) ? textType('') : UNKNOWN
}

/** Nothing but text has no control characters and is UTF-8, or begins with a mark of UTF-16. */
function isText(head: Uint8Array): boolean {
  if (head.length === 0 || (head[0] === 0xff && head[1] === 0xfe) || (head[0] === 0xfe && head[1] === 0xff)) return true
  if (head.some((byte) => byte < 9 || (byte > 13 && byte < 27) || byte === 127)) return false
  try {
    // The last character may be cut.
    new TextDecoder('utf-8', { fatal: true }).decode(head, { stream: true })
    return true
  } catch {
    return false
  }
}

function known(extension: string): MediaType {
  return byExtension.get(extension) ?? UNKNOWN
}

function list(kind: MediaKind, family: string, types: Readonly<Record<string, string>>): [string, MediaType][] {
  const noun = { image: ' image', audio: ' audio', video: ' video' }[kind as string] ?? ''
  return Object.entries(types).map(([extension, type]) => [extension, { kind, type: `${family}/${type}`, label: `${extension.toUpperCase()}${noun}` }])
}

function texts(extensions: string): [string, MediaType][] {
  return extensions.split(' ').map((extension) => [extension, textType(extension)])
}

function textType(extension: string): MediaType {
  return { kind: 'text', type: 'text/plain; charset=utf-8', label: extension === '' ? 'Text' : `${extension.toUpperCase()} text` }
}
