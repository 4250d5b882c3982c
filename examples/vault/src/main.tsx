import { render } from 'preact'
import { applyTheme } from './model/theme.js'
import { askBeforeClosing } from './model/unsaved.js'
import { registerServiceWorker } from './model/updates.js'
import { App } from './ui/app.js'
import './ui/styles/base.css'
import './ui/controls/controls.css'

applyTheme()
askBeforeClosing()
const root = document.getElementById('app')
if (root) render(<App />, root)
void registerServiceWorker()
