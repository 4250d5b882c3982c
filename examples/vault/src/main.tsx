import { render } from 'preact'
import { watchOverVault } from './model/lock.js'
import { serveMedia } from './model/media-server.js'
import { applyTheme } from './model/theme.js'
import { askBeforeClosing } from './model/unsaved.js'
import { registerServiceWorker } from './model/updates.js'
import { App } from './ui/app.js'
import { refuseStrayDrops } from './ui/stray-drops.js'
import './ui/styles/base.css'
import './ui/controls/controls.css'

applyTheme()
askBeforeClosing()
refuseStrayDrops()
watchOverVault()
// From the first moment on: the service worker waits for an answer, also for that there is nothing to give.
serveMedia()
const root = document.getElementById('app')
if (root) render(<App />, root)
void registerServiceWorker()
