import { openCoffer } from '@coffer/browser'
import { createWorkerEngine } from '@coffer/worker'
import { exampleKeys } from './keys.js'

const input = document.querySelector('input')
const list = document.querySelector('ul')
const status = document.querySelector('p')

async function show(coffer) {
  list.replaceChildren()
  for await (const { name, size } of coffer.members()) {
    const item = document.createElement('li')
    item.textContent = `${name}, ${size} bytes`
    list.append(item)
  }
}

/** What a worker reads in the same coffer, without a lock: it sees the last commit. */
function readInWorker(name) {
  const worker = new Worker(new URL('./worker.js', import.meta.url), { type: 'module' })
  return new Promise((resolve, reject) => {
    worker.addEventListener('message', ({ data }) => {
      worker.terminate()
      resolve(data)
    })
    worker.addEventListener('error', (event) => reject(new Error(event.message)))
    // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a worker has none
    worker.postMessage(name)
  })
}

async function start() {
  // Without an engine, workers come when there is much to code; with this one, they code everything.
  const engine = await createWorkerEngine()
  const coffer = await openCoffer('example', { storage: 'opfs', mode: 'a', keys: await exampleKeys(), engine })
  await coffer.write('notes/today.txt', 'nobody else reads this')
  await coffer.flush()
  await show(coffer)
  status.textContent = `In a worker: ${await readInWorker('notes/today.txt')}`

  input.addEventListener('change', () => {
    void coffer.add(input.files).then(() => coffer.flush()).then(() => show(coffer))
  })
}

start().catch((error) => {
  status.textContent = String(error)
})
