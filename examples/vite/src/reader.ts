import { openCoffer } from '@coffer/browser'
import { exampleKeys } from './keys.js'

// The least that a page with a coffer loads: it opens one that is there and reads a member. The build prints what that weighs.

const status = document.querySelector('p') as HTMLParagraphElement

async function read(): Promise<string> {
  await using coffer = await openCoffer('example', { keys: await exampleKeys() })
  return coffer.readText('notes/today.txt')
}

async function show(): Promise<void> {
  status.textContent = await read().catch(String)
}

void show()
