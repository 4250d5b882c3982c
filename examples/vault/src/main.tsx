import { render } from 'preact'
import { App } from './ui/app.js'
// oxlint-disable-next-line import/no-unassigned-import -- a style sheet has nothing to assign
import './ui/styles/base.css'

const root = document.getElementById('app')
if (root) render(<App />, root)
