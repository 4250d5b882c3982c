import { readFileSync, readlinkSync } from 'node:fs'
import { hostname } from 'node:os'
import { systemCode } from '@coffer/core/internal'

/** What a lock file says of whoever holds it. No secrets. */
export interface LockOwner {
  readonly pid: number
  readonly host: string
  /** Names the run of the system; missing where it cannot be had. */
  readonly boot?: string | undefined
  /** Names the set of processes among which the pid counts: containers have their own. */
  readonly space?: string | undefined
  /** When the process started, in the system's ticks: pids come again. */
  readonly started?: string | undefined
  /** Random, another one for every lock. */
  readonly nonce: string
  readonly created: string
}

/** This process as the owner of a lock. */
export function ownerHere(nonce: string): LockOwner {
  return {
    pid: process.pid,
    host: hostname(),
    boot: bootId(),
    space: pidSpace(),
    started: statOf(process.pid)?.started,
    nonce,
    created: new Date().toISOString(),
  }
}

/** The owner that a lock file names; `undefined` for anything but a whole lock file. */
export function parseOwner(text: string): LockOwner | undefined {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    return undefined
  }
  return isOwner(value) ? value : undefined
}

function isOwner(value: unknown): value is LockOwner {
  if (typeof value !== 'object' || value === null) return false
  const fields = value as Readonly<Record<string, unknown>>
  const isText = (name: string): boolean => typeof fields[name] === 'string'
  const isTextOrMissing = (name: string): boolean => fields[name] === undefined || isText(name)
  return (
    Number.isSafeInteger(fields['pid']) &&
    (fields['pid'] as number) > 0 &&
    ['host', 'nonce', 'created'].every(isText) &&
    ['boot', 'space', 'started'].every(isTextOrMissing)
  )
}

/** Whether the owner is provably gone: it was on this host, and this is another boot, or its process is no more. */
export function isGone(owner: LockOwner): boolean {
  if (owner.host !== hostname()) return false
  const boot = bootId()
  if (owner.boot !== undefined && boot !== undefined && owner.boot !== boot) return true
  // A container may bear the host's name; its pids say nothing here.
  if (owner.space !== pidSpace()) return false
  if (!isAlive(owner.pid)) return true
  const stat = statOf(owner.pid)
  if (!stat) return false
  return stat.isDead || (owner.started !== undefined && owner.started !== stat.started)
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return systemCode(error) !== 'ESRCH'
  }
}

let bootIdRead: string | undefined
function bootId(): string | undefined {
  bootIdRead ??= quietly(() => readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim())
  return bootIdRead
}

let pidSpaceRead: string | undefined
function pidSpace(): string | undefined {
  pidSpaceRead ??= quietly(() => readlinkSync('/proc/self/ns/pid'))
  return pidSpaceRead
}

/** Fields 3 and 22 of /proc/PID/stat; the second may hold spaces and parentheses. A process that nobody has waited for yet is dead all the same. */
function statOf(pid: number): { readonly isDead: boolean; readonly started: string | undefined } | undefined {
  const line = quietly(() => readFileSync(`/proc/${pid}/stat`, 'utf8'))
  if (line === undefined) return undefined
  const fields = line.slice(line.lastIndexOf(')') + 2).split(' ')
  return { isDead: fields[0] === 'Z' || fields[0] === 'X', started: fields[19] }
}

function quietly<T>(action: () => T): T | undefined {
  try {
    return action()
  } catch {
    return undefined
  }
}
