// `node scripts/cli-screenshots.mjs`: runs the built command on a pseudo-terminal and draws what it shows as docs/cli-*.svg. Nothing in
// them is written by hand but the command lines. Needs python3, as the tests do.

import { spawnSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { copyFileSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ensureWorkerScripts, root } from './setup.mjs'

const command = join(root, 'packages/cli/dist/coffer.js')
const terminal = join(root, 'packages/cli/test/terminal.py')
const COLUMNS = 92
const ESC = '\u001b'
/** What sets colours, and what else moves the cursor within a line. */
const colourCode = new RegExp(`(${ESC}\\[[0-9;]*m)`)
const otherCode = new RegExp(`${ESC}\\[(?![\\d;]*m)[\\d;?]*[A-Za-z]`, 'g')
const lineStart = new RegExp(`\\r(?!$)|${ESC}\\[1G`)
const colours = { 31: '#e06c75', 32: '#98c379', 33: '#e5c07b', 34: '#61afef', 35: '#c678dd', 36: '#56b6c2' }

await ensureWorkerScripts()
const folder = mkdtempSync(join(tmpdir(), 'coffer-shots-'))
const bin = join(folder, 'bin')
const home = join(folder, 'ann')
mkdirSync(bin)
mkdirSync(join(home, 'taxes'), { recursive: true })
writeFileSync(join(bin, 'coffer'), `#!/bin/sh\nexec "${process.execPath}" "${command}" "$@"\n`, { mode: 0o755 })
for (const name of readdirSync(join(root, 'docs')).filter((name) => name.endsWith('.md'))) copyFileSync(join(root, 'docs', name), join(home, 'taxes', name))
copyFileSync(join(root, 'LICENSE'), join(home, 'passport.pdf'))
mkdirSync(join(home, 'photos'))
// Nothing that shrinks.
for (let i = 1; i <= 4; i++) writeFileSync(join(home, 'photos', `beach-${i}.jpg`), randomBytes(700_000))

try {
  shoot('session', [
    ['coffer generate --coffer papers --location papers.pcof'],
    ['coffer add --coffer papers taxes photos passport.pdf'],
    ['coffer ls --coffer papers -l photos passport.pdf'],
    ['coffer sync --coffer papers taxes taxes --dry'],
    ['coffer delete --coffer papers passport.pdf', [{ wait: '[y/N]', send: 'y\r' }]],
    ['coffer info --coffer papers'],
    ['coffer check --coffer papers'],
  ])
  damage(join(home, 'papers.pcof'))
  shoot('keyring', [
    ['coffer keys add --coffer papers --label laptop', [{ wait: 'New password: ', send: 'not shown\r' }, { wait: 'again: ', send: 'not shown\r' }]],
    ['coffer keys ls --coffer papers'],
    ['coffer password add --coffer papers --name shop --username ann --generate'],
    ['coffer password ls --coffer papers'],
  ])
  shoot('salvage', [['coffer check damaged.pcof --keys damaged.keys'], ['coffer salvage damaged.pcof --keys damaged.keys rescued'], ['ls rescued/photos']])
} finally {
  rmSync(folder, { recursive: true, force: true })
}

/** A copy of a coffer, with its keys, in which some bytes are others. */
function damage(path) {
  const bytes = readFileSync(path)
  bytes.fill(0x55, bytes.length >> 1, (bytes.length >> 1) + 40)
  writeFileSync(join(home, 'damaged.pcof'), bytes)
  writeFileSync(join(home, 'damaged.keys'), readFileSync(join(home, '.pycofferrc')), { mode: 0o600 })
}

function shoot(name, lines) {
  let screen = ''
  for (const [line, steps = []] of lines) {
    screen += `\u001b[32m~ $\u001b[39m \u001b[1m${line}\u001b[22m\r\n${run(line, steps)}`
    if (!screen.endsWith('\n')) screen += '\r\n'
  }
  writeFileSync(join(root, `docs/cli-${name}.svg`), toSvg(screen))
  console.log(`docs/cli-${name}.svg`)
}

function run(line, steps) {
  const env = { PATH: `${bin}:${process.env.PATH}`, HOME: home, TERM: 'xterm', LC_ALL: 'C.UTF-8' }
  const job = { argv: ['sh', '-c', line], env, cwd: home, steps, columns: COLUMNS }
  const { stdout, stderr } = spawnSync('python3', [terminal], { input: JSON.stringify(job), encoding: 'utf8' })
  if (stdout === '') throw new Error(stderr)
  const { output, missed, code } = JSON.parse(stdout)
  // A picture of a command that does not start is none; 3 is that of problems found.
  if (code !== 0 && code !== 3) throw new Error(`${line}: exit code ${code}\n${output}`)
  if (missed !== null) throw new Error(`${line}: never asked for ${missed}`)
  return output.replaceAll(home, '~')
}

/** A screen as SVG text. Knows what the command writes: colours, bold, and a line that is drawn again. */
function toSvg(screen) {
  // Beside colours there is what moves the cursor within a line, for the question.
  const rows = screen
    .replace(/\r*\n$/, '')
    .split(/\r*\n/)
    .map((row) => row.split(lineStart).findLast((part) => part !== '') ?? '')
    .flatMap((row) => wrap(row.replaceAll(otherCode, '').replaceAll('\r', '')))
  const height = rows.length * 18 + 40
  const width = COLUMNS * 8.43 + 40
  const text = rows.map((row, i) => `<text x="20" y="${i * 18 + 34}">${spans(row)}</text>`).join('\n')
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${Math.round(width)}" height="${height}" viewBox="0 0 ${Math.round(width)} ${height}">
<rect width="100%" height="100%" rx="8" fill="#1e2127"/>
<g font-family="ui-monospace, 'DejaVu Sans Mono', Menlo, Consolas, monospace" font-size="14" fill="#d7dae0">
${text}
</g>
</svg>
`
}

/** A row that is too long, as a terminal shows it. */
function wrap(row) {
  const rows = ['']
  let cells = 0
  for (const part of row.split(colourCode)) {
    for (const piece of part.startsWith(ESC) ? [part] : part) {
      if (piece.length === 1 && cells === COLUMNS) {
        rows.push('')
        cells = 0
      }
      rows[rows.length - 1] += piece
      if (!piece.startsWith(ESC)) cells += 1
    }
  }
  return rows
}

function spans(row) {
  let [colour, bold, out] = ['', false, '']
  for (const part of row.split(colourCode)) {
    const codes = colourCode.test(part) ? part.slice(2, -1).split(';').map(Number) : undefined
    for (const code of codes ?? []) {
      if (code === 0) [colour, bold] = ['', false]
      else if (code === 1) bold = true
      else if (code === 22) bold = false
      else if (code === 39) colour = ''
      else colour = colours[code] ?? colour
    }
    if (codes || part === '') continue
    // Blanks next to each other count as one in an image.
    const escaped = part.replaceAll(' ', '\u00a0').replace(/[&<>]/g, (character) => `&#${character.charCodeAt(0)};`)
    const style = `${colour === '' ? '' : ` fill="${colour}"`}${bold ? ' font-weight="bold"' : ''}`
    out += style === '' ? escaped : `<tspan${style}>${escaped}</tspan>`
  }
  return out
}
