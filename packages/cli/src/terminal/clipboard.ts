import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { CommandError } from '../command-error.js'

interface ClipboardTool {
  readonly copy: readonly string[]
  readonly paste: readonly string[]
}

const tools: readonly (ClipboardTool & { readonly isHere: () => boolean })[] = [
  { isHere: () => process.platform === 'darwin', copy: ['pbcopy'], paste: ['pbpaste'] },
  { isHere: () => process.platform === 'win32', copy: ['clip.exe'], paste: ['powershell.exe', '-NoProfile', '-Command', 'Get-Clipboard -Raw'] },
  { isHere: () => process.env['WAYLAND_DISPLAY'] !== undefined, copy: ['wl-copy'], paste: ['wl-paste', '--no-newline'] },
  { isHere: () => process.env['DISPLAY'] !== undefined, copy: ['xclip', '-selection', 'clipboard'], paste: ['xclip', '-selection', 'clipboard', '-o'] },
  { isHere: () => process.env['DISPLAY'] !== undefined, copy: ['xsel', '--clipboard', '--input'], paste: ['xsel', '--clipboard', '--output'] },
]

/** Puts a text on the clipboard, through stdin of the system's own program: arguments are for everybody to read. @throws CommandError */
export async function copyToClipboard(text: string): Promise<void> {
  for (const { isHere, copy } of tools) if (isHere() && (await runTool(copy, text)) !== undefined) return
  throw new CommandError('configuration', 'There is no clipboard: a program for it is needed (wl-copy, xclip, xsel, pbcopy), and a desktop.')
}

/** Clears the clipboard if what is on it has that digest still. */
export async function clearClipboard(digest: string): Promise<void> {
  for (const { isHere, paste, copy } of tools) {
    const text = isHere() ? await runTool(paste, '') : undefined
    if (text === undefined) continue
    if (digestOf(text) === digest) await runTool(copy, '')
    return
  }
}

/** Clears the clipboard after a while, by a process that goes on when this one has ended. It is told a digest, not the secret. */
export function clearLater(text: string, seconds: number): void {
  const child = spawn(process.execPath, [process.argv[1] ?? '', '__clear-clipboard', String(seconds)], { detached: true, stdio: ['pipe', 'ignore', 'ignore'] })
  child.stdin.end(digestOf(text))
  child.unref()
}

function digestOf(text: string): string {
  return createHash('sha256').update(text).digest('hex')
}

/** What a program writes; `undefined` where it is not there or fails. */
function runTool([command = '', ...args]: readonly string[], input: string): Promise<string | undefined> {
  return new Promise((resolve) => {
    // xclip stays behind to serve the clipboard: with a pipe for its output we would wait for it.
    const isCopying = input !== '' || args.includes('--input') || !/paste|-o$|--output|Get-Clipboard/.test([command, ...args].join(' '))
    const child = spawn(command, args, { stdio: ['pipe', isCopying ? 'ignore' : 'pipe', 'ignore'] })
    let output = ''
    child.stdout?.setEncoding('utf8').on('data', (text: string) => (output += text))
    child.stdin?.on('error', () => undefined)
    child.once('error', () => resolve(undefined))
    child.once('close', (code) => resolve(code === 0 ? output : undefined))
    child.stdin?.end(input)
  })
}
