import { exportCoffer, importCoffer, openCoffer } from '@coffer/browser'
import { bytesOf, keys, same, type Storage } from './shared.js'

/** Given by the test: takes what must not be lost any more. */
declare function report(storage: Storage, kind: 'begun' | 'committed' | 'imported', step: number): Promise<void>

const MEMBERS = 12
const NAME = 'crash'
const IMPORTED = 'crash-import'

/** Changes, commits, compacts and imports without end, until somebody closes the tab. */
export async function interrupted(storage: Storage): Promise<void> {
  const coffer = await openCoffer(NAME, { storage, keys, mode: 'a', lockTimeoutMs: 30_000 })
  for (let step = (await stepIn(storage, coffer)) + 1; ; step++) {
    await report(storage, 'begun', step)
    await coffer.write(memberOf(step), contentOf(step))
    await coffer.write('step', String(step))
    await coffer.flush()
    void report(storage, 'committed', step)
    if (step % 3 === 0) await coffer.compact()
    if (step % 4 === 0) await importStep(storage, step)
  }
}

async function importStep(storage: Storage, step: number): Promise<void> {
  const scratch = `crash-scratch-${crypto.randomUUID()}`
  const coffer = await openCoffer(scratch, { storage, keys, mode: 'x' })
  await coffer.write('step', String(step))
  await coffer.write('content', bytesOf(step, 400_000))
  await coffer.close()
  const blob = await exportCoffer(scratch, { storage })
  await importCoffer(IMPORTED, blob, { storage, replace: true, lockTimeoutMs: 30_000 })
  void report(storage, 'imported', step)
}

/** What a tab finds after another was closed. Rejects where it is not whole. */
export async function verifyInterrupted(storage: Storage): Promise<{ step: number; imported: number }> {
  await using coffer = await openCoffer(NAME, { storage, keys, mode: 'a', lockTimeoutMs: 30_000 })
  const step = await stepIn(storage, coffer)
  for (let i = Math.max(1, step - MEMBERS + 1); i <= step; i++) {
    if (!same(await coffer.read(memberOf(i)), contentOf(i))) throw new Error(`${storage}: the member of step ${i} is another at step ${step}`)
  }
  const { ok } = await coffer.verify()
  if (!ok) throw new Error(`${storage}: what was committed does not verify at step ${step}`)
  return { step, imported: await importedIn(storage) }
}

async function importedIn(storage: Storage): Promise<number> {
  const coffer = await openCoffer(IMPORTED, { storage, keys, lockTimeoutMs: 30_000 }).catch((error: unknown) => {
    if ((error as { code?: string }).code === 'ERR_COFFER_NOT_FOUND') return undefined
    throw error
  })
  if (!coffer) return 0
  const step = Number(await coffer.readText('step'))
  const content = await coffer.read('content')
  await coffer.close()
  if (!same(content, bytesOf(step, 400_000))) throw new Error(`${storage}: the import of step ${step} is not whole`)
  return step
}

async function stepIn(storage: Storage, coffer: Awaited<ReturnType<typeof openCoffer>>): Promise<number> {
  if (!(await coffer.has('step'))) return 0
  const step = Number(await coffer.readText('step'))
  if (!Number.isInteger(step)) throw new Error(`${storage}: the step is not a number`)
  return step
}

function memberOf(step: number): string {
  return `members/${step % MEMBERS}`
}

/** From nothing to more than a page. */
function contentOf(step: number): Uint8Array<ArrayBuffer> {
  return bytesOf(step, [0, 100, 5000, 70_000, 150_000, 600_000][step % 6] ?? 0)
}
