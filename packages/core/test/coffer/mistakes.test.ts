import { generateKeys, inlineEngine, memoryStorage, openCoffer, type CofferKeys, type OpenOptions } from '@coffer/core'
import { expect, test } from 'vitest'
import { codeOf, names } from './support.js'

const open = (options: unknown): Promise<unknown> => openCoffer(memoryStorage(), options as OpenOptions)

test('what was meant to be keys and holds none makes no coffer that anybody reads', async () => {
  const key = new Uint8Array(32)
  const mistakes = [{ cofferKey: undefined }, { coffer_key: key }, Promise.resolve({ cofferKey: key }), [key], new Map([['cofferKey', key]]), key]
  for (const keys of mistakes) expect(await codeOf(open({ mode: 'x', keys }))).toBe('ERR_COFFER_KEY')
  for (const keys of ['secret', null, 5]) await expect(open({ mode: 'x', keys })).rejects.toThrow(TypeError)
})

test('a coffer without encryption is asked for by leaving keys out, or by its name', async () => {
  for (const options of [{}, { keys: {} }, { keys: await generateKeys('null') }, { variant: 'null', keys: { cofferKey: undefined } }]) {
    const coffer = await openCoffer(memoryStorage(), { mode: 'x', ...(options as { keys?: CofferKeys }) })
    expect(coffer.variant.name).toBe('null')
    await coffer.close()
  }
})

test('mistakes in a call are told before anything is done', async () => {
  for (const options of [undefined, null, 'r', { expect: 5 }, { expect: { generation: Number.NaN } }, { expect: { generation: '3' } }, { expect: { id: 5 } }, { expect: null }, { expect: {} }, { expect: [] }, { expect: { fingerprnt: '00' } }, { expect: { id: undefined, generation: undefined, fingerprint: undefined } }, { expect: { id: '00', generation: null } }, { engine: null }, { engine: Promise.resolve(inlineEngine()) }, { mode: 'x', dictionary: 'words' }, { mode: 'x', dictionary: new ArrayBuffer(100) }]) {
    await expect(open(options)).rejects.toThrow(TypeError)
  }
  await using coffer = await openCoffer(memoryStorage(), { mode: 'x' })
  await expect(coffer.writeLines('a', 'hello')).rejects.toThrow(TypeError)
  await expect(coffer.rekey(undefined as unknown as CofferKeys)).rejects.toThrow(TypeError)
  expect(await coffer.has('a')).toBe(false)
})

test('what is no name is not merely a name that is not there', async () => {
  await using coffer = await openCoffer(memoryStorage(), { mode: 'x' })
  for (const name of [5, undefined, null, ['a']] as unknown as string[]) {
    const calls = [
      () => coffer.has(name),
      () => coffer.stat(name),
      () => coffer.read(name),
      () => coffer.readLines(name),
      () => coffer.file(name),
      () => coffer.delete(name),
      () => coffer.move(name, 'b'),
    ]
    for (const call of calls) await expect(call()).rejects.toThrow(TypeError)
  }
  for (const prefix of [5, null] as unknown as string[]) await expect(names(coffer, prefix)).rejects.toThrow(TypeError)
})

test('text that would come back as another is refused: half of a character has no bytes', async () => {
  const coffer = await openCoffer(memoryStorage(), { mode: 'x' })
  const [half, otherHalf] = ['\ud83d', '\ude00']
  for (const text of [half, `a${half}b`, otherHalf]) {
    await expect(coffer.write('a', text)).rejects.toThrow(/well-formed/)
    await expect(coffer.append('a', text)).rejects.toThrow(/well-formed/)
    await expect(coffer.writeLines('a', ['good', text])).rejects.toThrow(/well-formed/)
  }
  const file = await coffer.file('a', 'w')
  await expect(file.write(`${half}a`)).rejects.toThrow(/well-formed/)
  await file.write(`1${half}`)
  await expect(file.write(new Uint8Array(1))).rejects.toThrow(/well-formed/)
  await file.write(otherHalf)
  await file.close()
  expect(await coffer.readText('a')).toBe('1😀')
  const open = await coffer.file('a', 'a')
  await open.write(`2${half}`)
  await expect(open.close()).rejects.toThrow(/well-formed/)
  expect([await coffer.readText('a'), open.closed]).toEqual(['1😀', true])
  await coffer.close()
})
