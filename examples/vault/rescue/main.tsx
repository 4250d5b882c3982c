// oxlint-disable-next-line import/no-unassigned-import -- it patches what is there
import './older-browsers.js'
import { render } from 'preact'
import { KIT_ID, parseKit } from '../src/model/rescue-kit.js'
import { App } from './app.js'
import { isWorker, serveHash } from './hash-password.js'

if (isWorker) serveHash()
else {
  const root = document.getElementById('app')
  const kit = parseKit(document.getElementById(KIT_ID)?.textContent ?? '')
  if (kit) document.title = `${kit.name}: rescue page`
  // A file that is dropped beside the form would take the place of the page.
  for (const event of ['dragover', 'drop']) addEventListener(event, (dropped) => dropped.preventDefault())
  if (root) {
    root.textContent = ''
    render(<App kit={kit} />, root)
  }
}
