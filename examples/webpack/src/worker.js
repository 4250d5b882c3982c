import { openCoffer } from '@coffer/browser'
import { exampleKeys } from './keys.js'

async function read(name) {
  const coffer = await openCoffer('example', { storage: 'opfs', keys: await exampleKeys(), lock: 'none' })
  const text = await coffer.readText(name)
  await coffer.close()
  return text
}

addEventListener('message', ({ data }) => {
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a worker has none
  void read(data).then((text) => postMessage(text))
})
