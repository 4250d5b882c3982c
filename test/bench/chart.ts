import type { Bars } from './cell.ts'

const WIDTH = 820
const LABEL_WIDTH = 250
const VALUE_WIDTH = 90
const BAR = 16
const GAP = 6
const BAR_WIDTH = WIDTH - LABEL_WIDTH - VALUE_WIDTH
/** A bar so many times as long as the next one is broken, so that the others can be told apart. */
const BROKEN = 2.5
const GROUP_GAP = 26
const TITLE = 22

/** Horizontal bars in groups, each group to a scale of its own; legible on a light and on a dark page. */
export function drawChart(title: string, groups: readonly Bars[]): string {
  const parts: string[] = []
  let y = 8
  for (const { title, unit, bars } of groups) {
    y += TITLE
    parts.push(text(0, y - 8, title, 'class="title"'))
    const most = scaleOf(bars.map(({ value }) => value))
    for (const { label, value, isOurs } of bars) {
      const kind = isOurs ? 'ours' : 'peer'
      const width = Math.max(1, (BAR_WIDTH * Math.min(value, most)) / most)
      parts.push(
        text(LABEL_WIDTH - 8, y + BAR - 4, label, 'text-anchor="end"'),
        `<rect x="${LABEL_WIDTH}" y="${y}" width="${width.toFixed(1)}" height="${BAR}" rx="2" class="${kind}"/>`,
        ...(value > most ? [breakAt(LABEL_WIDTH + width * 0.9, y)] : []),
        text(LABEL_WIDTH + width + 6, y + BAR - 4, `${value < 9.95 ? value.toPrecision(3) : value.toFixed(1)} ${unit}`),
      )
      y += BAR + GAP
    }
    y += GROUP_GAP - TITLE / 2
  }
  const style = [
    'text { font: 12px system-ui, sans-serif; fill: #1f2328 }',
    '.title { font-weight: 600; font-size: 13px }',
    '.ours { fill: #1a7f37 } .peer { fill: #8c959f } .break { fill: #ffffff }',
    '@media (prefers-color-scheme: dark) {',
    'text { fill: #e6edf3 } .ours { fill: #3fb950 } .peer { fill: #6e7681 } .break { fill: #0d1117 }',
    '}',
  ]
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${y}" width="${WIDTH}" height="${y}" role="img">`,
    `<title>${escape(title)}: shorter is better</title>`,
    `<style>${style.join(' ')}</style>`,
    ...parts,
    '</svg>',
    '',
  ].join('\n')
}

/** The value of a whole bar. */
function scaleOf(values: readonly number[]): number {
  const [most = 0, next = most] = values.toSorted((a, b) => b - a)
  return Math.max(most > next * BROKEN ? next * 1.25 : most, Number.MIN_VALUE)
}

function breakAt(x: number, y: number): string {
  const points = [
    `${x.toFixed(1)},${y + BAR}`,
    `${(x + 6).toFixed(1)},${y}`,
    `${(x + 11).toFixed(1)},${y}`,
    `${(x + 5).toFixed(1)},${y + BAR}`,
  ]
  return `<polygon points="${points.join(' ')}" class="break"/>`
}

function text(x: number, y: number, content: string, attributes = ''): string {
  return `<text x="${x.toFixed(1)}" y="${y}"${attributes === '' ? '' : ` ${attributes}`}>${escape(content)}</text>`
}

function escape(content: string): string {
  return content.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
}
