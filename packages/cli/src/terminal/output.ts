import { fstatSync, writeSync } from 'node:fs'
import { printable, printableJson, styleFor, type Style } from './style.js'

/** Where a command writes: data to stdout, everything for the user to stderr. */
export interface Output {
  readonly json: boolean
  /** For stdout. */
  readonly style: Style
  /** For stderr. */
  readonly noteStyle: Style
  /** One line of data; `name`-like text must have passed {@link Output.name}. */
  line(text: string): Promise<void>
  /** A name as data: as it is in a pipe, without control characters on a terminal. */
  name(text: string): string
  /** Bytes of data, as they are. */
  bytes(bytes: Uint8Array): Promise<void>
  /** A value as JSON, on lines of its own. */
  value(value: unknown): Promise<void>
  /** Writes what was gathered. @throws what writing threw: data that nobody can read any more. */
  flush(): Promise<void>
  /** Tells the user something; nothing with `--quiet`. */
  note(text: string): void
  /** The same, also with `--quiet`. */
  warn(text: string): void
}

/** Bytes that are gathered before they are written, so that ten thousand lines are not ten thousand calls. */
const GATHER_CHARACTERS = 65_536

/** The process's own stdout and stderr. Nobody may read what is written: where `signal` is aborted that is not waited for. */
export function createOutput(options: { readonly json: boolean; readonly quiet: boolean }, signal: AbortSignal): Output {
  const { stdout, stderr } = process
  const noteStyle = styleFor(stderr)
  let gathered = ''
  const write = isFile(stdout.fd)
    ? async (data: string | Uint8Array): Promise<void> => writeAll(stdout.fd, data)
    : (data: string | Uint8Array): Promise<void> =>
        new Promise((resolve, reject) => {
          const giveUp = (): void => reject(signal.reason as Error)
          signal.addEventListener('abort', giveUp)
          stdout.write(data, (error) => {
            signal.removeEventListener('abort', giveUp)
            if (error) reject(error)
            else resolve()
          })
          if (signal.aborted) giveUp()
        })
  const flush = async (): Promise<void> => {
    const text = gathered
    gathered = ''
    if (text !== '') await write(text)
  }
  const line = async (text: string): Promise<void> => {
    gathered += `${text}\n`
    // On a terminal it stands in order with what goes to stderr.
    if (stdout.isTTY || gathered.length >= GATHER_CHARACTERS) await flush()
  }
  return {
    json: options.json,
    style: styleFor(stdout),
    noteStyle,
    line,
    name: (text) => (stdout.isTTY ? printable(text) : text),
    async bytes(bytes) {
      await flush()
      await write(bytes)
    },
    value: (value) => line(printableJson(JSON.stringify(value, undefined, 2))),
    note(text) {
      if (!options.quiet) stderr.write(`${text}\n`)
    },
    warn(text) {
      stderr.write(`${noteStyle('yellow', 'warning:')} ${text}\n`)
    },
    flush,
  }
}

function isFile(descriptor: number): boolean {
  try {
    return fstatSync(descriptor).isFile()
  } catch {
    return false
  }
}

/** Node's own stream writes to a file once, and takes no notice where a full disk took only the beginning. */
function writeAll(descriptor: number, data: string | Uint8Array): void {
  const bytes = typeof data === 'string' ? Buffer.from(data) : data
  for (let done = 0; done < bytes.length; ) done += writeSync(descriptor, bytes, done)
}
