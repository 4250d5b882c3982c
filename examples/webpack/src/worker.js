import { openCoffer } from '@coffer/browser'
import { exampleKeys } from './keys.js'

addEventListener('message', async ({ data }) => {
  await using coffer = await openCoffer('example', { storage: 'opfs', keys: await exampleKeys(), lock: 'none' })
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a worker has none
  postMessage(await coffer.readText(data))
})
