import { spawn } from 'node:child_process'
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { generateKeys, isCofferError, openCoffer } from '@coffer/node'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { childScripts } from './child-scripts.js'

const scriptOf = childScripts()
let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'coffer-kill-'))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

const hex = (bytes: Uint8Array | undefined): string => Buffer.from(bytes ?? []).toString('hex')

/** Runs a writer until some moment after its first commit, kills it, and gives the last round that it said was committed. */
async function runAndKill(path: string, args: readonly string[], killAfterMs: number): Promise<number> {
  const child = spawn(process.execPath, [scriptOf('writer.ts'), path, ...args], { stdio: ['ignore', 'pipe', 'inherit'] })
  let printed = ''
  await new Promise<void>((resolve) => {
    child.stdout.on('data', (data: Buffer) => {
      if (printed === '') setTimeout(() => child.kill('SIGKILL'), killAfterMs)
      printed += data.toString()
    })
    child.once('close', () => resolve())
  })
  const whole = printed.slice(0, printed.lastIndexOf('\n')).split('\n')
  return Number(whole.at(-1)?.split(' ')[0])
}

test('a process that is killed at any moment leaves a coffer that opens, and a lock that the next one clears', { timeout: 300_000 }, async () => {
  const path = join(folder, 'killed.pcof')
  const keys = await generateKeys('bank')
  let least = 0
  for (let i = 0; i < 25; i++) {
    const told = await runAndKill(path, [hex(keys.cofferKey), hex(keys.secureKey)], (i * 37) % 200)
    const coffer = await openCoffer(path, { keys, mode: i % 2 === 0 ? 'r' : 'a', lockTimeoutMs: 0, autoFlush: false }).catch((error: unknown) => {
      throw new Error(`run ${i}: ${isCofferError(error) ? error.code : ''}`, { cause: error })
    })
    // All three were put by one round, which is the last that was told or one that was just being committed.
    const [round] = await coffer.read('small', { end: 1 })
    const large = await coffer.read('large')
    expect(large.length).toBe(60_000)
    expect(large.every((byte) => byte === round), `run ${i}`).toBe(true)
    expect(coffer.generation, `run ${i}`).toBeGreaterThanOrEqual(least)
    expect([told % 251, (told + 1) % 251], `run ${i}`).toContain(round)
    expect((await coffer.verify()).ok, `run ${i}`).toBe(true)
    least = coffer.generation
    await coffer.close()
  }
  // What the killed ones left behind was tidied up by those who came after.
  const left = (await readdir(folder)).filter((name) => name !== basename(path))
  expect(left.filter((name) => name !== 'killed.pcof.lock' && !name.endsWith('.coffer-tmp'))).toEqual([])
})
