import { CofferError, isCofferError } from '../errors.js'
import { bytesToHex } from '../bytes/bytes.js'
import type { Head } from '../log/commit.js'
import { Log } from '../log/log.js'
import type { LogFile } from '../log/log-file.js'
import { findLastCommit, type FoundCommit } from '../log/recovery.js'
import type { Expectation, OpenOptions, RecoveryReport } from './options.js'

/** How often, and how long apart, a reader without a lock looks again at an end that may just be being written. */
const LOOKS = 4
const LOOK_AGAIN_MS = 25

/** The last committed state of a file of ours. A writer's file is cut to it. */
export async function loadCommitted(
  file: LogFile,
  head: Head,
  options: OpenOptions,
  isLocked: boolean,
): Promise<{ log: Log; recovered: RecoveryReport | undefined }> {
  const { expect, recover = false, mode = 'r' } = options
  let size = await file.file.size()
  let found = await findLastCommit(file, size)
  for (let look = 1; look < LOOKS && !isLocked && found.tail === 'damaged'; look++) {
    await new Promise<void>((resolve) => {
      setTimeout(resolve, LOOK_AGAIN_MS)
    })
    size = await file.file.size()
    found = await findLastCommit(file, size)
  }
  if (found.tail === 'damaged' && !recover) {
    throw new CofferError(
      'ERR_COFFER_DAMAGED',
      `The newest commit of the coffer is damaged. The one before it, generation ${found.commit.generation}, opens with recover: true; what came after it is lost then.`,
    )
  }
  let reason: RecoveryReport['reason'] = found.tail === 'damaged' ? 'damaged' : 'torn'
  for (let behind = await behindUnverified(file, found); behind; behind = await behindUnverified(file, found)) {
    found = behind
    reason = 'unverified'
  }
  await checkExpectation(file, head, found, expect)
  const log = await Log.load(file, head, found)
  const droppedBytes = size - found.end
  // Without a lock, what stands behind the commit is most likely a writer at work.
  const recovered = droppedBytes > 0 && isLocked ? { generation: found.commit.generation, droppedBytes, reason } : undefined
  if (droppedBytes > 0 && mode !== 'r') {
    await file.file.truncate(found.end)
    await file.file.sync()
  }
  return { log, recovered }
}

/** For a relaxed commit whose content does not verify: the one before it. */
async function behindUnverified(file: LogFile, { commit }: FoundCommit): Promise<FoundCommit | undefined> {
  if (!commit.relaxed || (await isContentThere(file, commit.index))) return undefined
  const { previous } = commit
  if (previous.length === 0) {
    throw new CofferError('ERR_COFFER_DAMAGED', 'The only commit of the coffer was not written in full before a crash: there is nothing to go back to.')
  }
  return { commit: await file.readCommit(previous), ref: previous, end: previous.offset + previous.length, tail: 'torn' }
}

/** Whether all index records that were written for a commit can be read, and what they name. */
async function isContentThere(file: LogFile, index: FoundCommit['commit']['index']): Promise<boolean> {
  try {
    const { verifyWritten } = await import('../log/written-content.js')
    await verifyWritten(file, index)
    return true
  } catch (error) {
    if (isCofferError(error, 'ERR_COFFER_AUTH') || isCofferError(error, 'ERR_COFFER_DAMAGED')) return false
    throw error
  }
}

/** @throws CofferError `ERR_COFFER_EXPECT` where the file is older than, or different from, what is remembered of it. */
async function checkExpectation(file: LogFile, head: Head, found: FoundCommit, expect: Expectation | undefined): Promise<void> {
  if (!expect) return
  const { commit } = found
  const refuse = (why: string): CofferError =>
    new CofferError('ERR_COFFER_EXPECT', `This is not the coffer that is remembered: ${why}. It may be an older copy, or another one put in its place.`)
  if (expect.id !== undefined && expect.id !== bytesToHex(head.id)) throw refuse('it has another id')
  if (expect.generation !== undefined && commit.generation < expect.generation) {
    throw refuse(`its generation is ${commit.generation}, and ${expect.generation} was there already`)
  }
  if (expect.fingerprint === undefined) return
  if (bytesToHex(found.ref.digest) === expect.fingerprint) return
  // A newer coffer is the remembered one if that commit is among its own.
  let at = commit
  while (expect.generation !== undefined && at.generation > expect.generation + 1 && at.previous.length > 0) {
    at = await file.readCommit(at.previous)
  }
  const isBehind = expect.generation !== undefined && at.generation === expect.generation + 1
  if (isBehind && bytesToHex(at.previous.digest) === expect.fingerprint) return
  // After a compaction the older commits are gone, and only the last of them is still known by its fingerprint.
  if (expect.generation !== undefined && at.generation > expect.generation + 1 && at.previous.length === 0) return
  throw refuse('its fingerprint is another one')
}
