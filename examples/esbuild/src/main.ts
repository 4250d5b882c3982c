import { openCoffer, type BrowserCoffer } from '@coffer/browser'
import { exampleKeys } from './keys.js'

const input = document.querySelector('input') as HTMLInputElement
const list = document.querySelector('ul') as HTMLUListElement
const status = document.querySelector('p') as HTMLParagraphElement

async function show(coffer: BrowserCoffer): Promise<void> {
  list.replaceChildren()
  for await (const { name, size } of coffer.members()) {
    const item = document.createElement('li')
    item.textContent = `${name}, ${size} bytes`
    list.append(item)
  }
}

/** What a worker reads in the same coffer, without a lock: it sees the last commit. */
function readInWorker(name: string): Promise<string> {
  const worker = new Worker('/assets/worker.js', { type: 'module' })
  return new Promise((resolve, reject) => {
    worker.addEventListener('message', ({ data }: MessageEvent<string>) => {
      worker.terminate()
      resolve(data)
    })
    worker.addEventListener('error', (event) => reject(new Error(event.message)))
    // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a worker has none
    worker.postMessage(name)
  })
}

async function start(): Promise<void> {
  const coffer = await openCoffer('example', { mode: 'a', keys: await exampleKeys() })
  await coffer.write('notes/today.txt', 'nobody else reads this')
  await coffer.flush()
  await show(coffer)
  status.textContent = `In a worker: ${await readInWorker('notes/today.txt')}`

  input.addEventListener('change', () => {
    if (input.files) void coffer.add(input.files).then(() => coffer.flush()).then(() => show(coffer))
  })
}

start().catch((error: unknown) => {
  status.textContent = String(error)
})
