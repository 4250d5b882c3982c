import { spawn, spawnSync, type ChildProcess } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { afterEach, type TestContext } from 'vitest'

const directories: string[] = []
const mounts: string[] = []
const children: ChildProcess[] = []

afterEach(async () => {
  for (const child of children.splice(0)) child.kill('SIGKILL')
  for (const mount of mounts.splice(0)) spawnSync('umount', ['-l', mount])
  for (const directory of directories.splice(0)) await rm(directory, { recursive: true, force: true })
})

/** A directory that is gone after the test. */
export async function temporaryDirectory(): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'coffer-node-'))
  directories.push(directory)
  return directory
}

/** A file system of its own of that many KiB; the test is skipped where none may be mounted. */
export async function smallDisk(context: TestContext, kib: number): Promise<string> {
  const directory = await temporaryDirectory()
  const { status } = spawnSync('mount', ['-t', 'tmpfs', '-o', `size=${kib}k`, 'coffer-test', directory])
  if (status !== 0) context.skip('a small file system can be mounted by root on Linux only')
  mounts.push(directory)
  return directory
}

/** Makes a disk of {@link smallDisk} one that cannot be written to, by root neither. */
export function makeReadOnly(disk: string): void {
  if (spawnSync('mount', ['-o', 'remount,ro', disk]).status !== 0) throw new Error('The disk could not be made read-only.')
}

/** Runs `action` without the rights of root, which no permission keeps out. */
export async function withoutPrivileges<T>(action: () => Promise<T>): Promise<T> {
  if (process.geteuid?.() !== 0) return action()
  process.setegid?.(65_534)
  process.seteuid?.(65_534)
  try {
    return await action()
  } finally {
    process.seteuid?.(0)
    process.setegid?.(0)
  }
}

/** A process of its own that answers lines with lines. */
export interface Child {
  readonly process: ChildProcess
  /** The next line that it prints; an error if it ends before. */
  line(): Promise<string>
  send(line: string): void
  ended(): Promise<number | string>
}

export function start(command: string, args: readonly string[], env: Readonly<Record<string, string>> = {}): Child {
  const child = spawn(command, args, { stdio: ['pipe', 'pipe', 'inherit'], env: { ...process.env, ...env } })
  children.push(child)
  const lines = createInterface(child.stdout)[Symbol.asyncIterator]()
  const ended = new Promise<number | string>((resolve) => {
    child.once('close', (code, signal) => resolve(code ?? signal ?? 'gone'))
  })
  return {
    process: child,
    line: async () => {
      const next = await lines.next()
      if (next.done === true) throw new Error(`${command} ${args.join(' ')} ended.`)
      return next.value
    },
    send: (line) => void child.stdin.write(`${line}\n`),
    ended: () => ended,
  }
}

export function hasCommand(command: string, ...args: readonly string[]): boolean {
  return spawnSync(command, args, { stdio: 'ignore' }).status === 0
}

export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, ms)
  })
}
