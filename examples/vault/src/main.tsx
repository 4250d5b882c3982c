import { render } from 'preact'
import { serveMedia } from './model/media-server.js'
import { App } from './ui/app.js'
// oxlint-disable-next-line import/no-unassigned-import -- a style sheet has nothing to assign
import './ui/styles/base.css'

serveMedia()
const root = document.getElementById('app')
if (root) render(<App />, root)
