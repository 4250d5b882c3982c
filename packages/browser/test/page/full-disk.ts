import { CofferError, openCoffer } from '@coffer/browser'
import { keys, type Storage } from './shared.js'

/** Writes until the browser gives no more space; then, once `free` has been called, goes on. Says the error's code. */
export async function fillDisk(storage: Storage, name: string, step: 'fill' | 'go on'): Promise<string> {
  if (step === 'go on') {
    await using coffer = await openCoffer(name, { storage, keys, mode: 'a' })
    if (await coffer.has('big')) throw new Error('half a member is there')
    await coffer.write('b', 'two')
    await coffer.flush()
    const { ok } = await coffer.verify()
    return `${await coffer.readText('a')} ${await coffer.readText('b')} ${ok}`
  }
  const coffer = await openCoffer(name, { storage, keys, mode: 'x' })
  await coffer.write('a', 'one')
  await coffer.flush()
  const failure = await coffer.write('big', randomBytes(100_000_000)).then(
    () => coffer.flush(),
    (error: unknown) => error,
  )
  const text = await coffer.readText('a')
  await coffer.close().catch(() => coffer.discard())
  return `${failure instanceof CofferError ? failure.code : String(failure)} ${text}`
}

async function* randomBytes(length: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < length; at += 65_536) yield crypto.getRandomValues(new Uint8Array(65_536))
}
