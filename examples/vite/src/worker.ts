import { openCoffer } from '@coffer/browser'
import { exampleKeys } from './keys.js'

async function read(name: string): Promise<void> {
  await using coffer = await openCoffer('example', { keys: await exampleKeys(), lock: 'none' })
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a worker has none
  postMessage(await coffer.readText(name))
}

addEventListener('message', ({ data }: MessageEvent<string>) => void read(data))
