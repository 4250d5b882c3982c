import { expect, test } from 'vitest'
import { jsonCodec } from '../../src/coffer/values.js'

test.each(['swordfish', '{"a": swordfish}', '"swordfish'])('what is no JSON is an error that does not repeat it: %s', (text) => {
  try {
    jsonCodec.decode(new TextEncoder().encode(text))
    expect.unreachable()
  } catch (error) {
    expect(error).toMatchObject({ code: 'ERR_COFFER_DAMAGED' })
    expect(`${(error as Error).stack}${String((error as Error).cause)}`).not.toContain('swordfish')
  }
})
