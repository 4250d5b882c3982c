import type { Bars } from './cell.ts'

const WIDTH = 820
const LABEL_WIDTH = 250
const VALUE_WIDTH = 90
const BAR = 16
const GAP = 6
const GROUP_GAP = 26
const TITLE = 22

/** Horizontal bars in groups, each group to a scale of its own; legible on a light and on a dark page. */
export function drawChart(title: string, groups: readonly Bars[]): string {
  const parts: string[] = []
  let y = 8
  for (const { title, unit, bars } of groups) {
    y += TITLE
    parts.push(text(0, y - 8, title, 'class="title"'))
    const most = Math.max(...bars.map(({ value }) => value), Number.MIN_VALUE)
    for (const { label, value, isOurs } of bars) {
      const kind = isOurs ? 'ours' : 'peer'
      const width = Math.max(1, ((WIDTH - LABEL_WIDTH - VALUE_WIDTH) * value) / most)
      parts.push(
        text(LABEL_WIDTH - 8, y + BAR - 4, label, 'text-anchor="end"'),
        `<rect x="${LABEL_WIDTH}" y="${y}" width="${width.toFixed(1)}" height="${BAR}" rx="2" class="${kind}"/>`,
        text(LABEL_WIDTH + width + 6, y + BAR - 4, `${value < 9.95 ? value.toPrecision(3) : value.toFixed(1)} ${unit}`),
      )
      y += BAR + GAP
    }
    y += GROUP_GAP - TITLE / 2
  }
  const style = [
    'text { font: 12px system-ui, sans-serif; fill: #1f2328 }',
    '.title { font-weight: 600; font-size: 13px }',
    '.ours { fill: #1a7f37 } .peer { fill: #8c959f }',
    '@media (prefers-color-scheme: dark) { text { fill: #e6edf3 } .ours { fill: #3fb950 } .peer { fill: #6e7681 } }',
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

function text(x: number, y: number, content: string, attributes = ''): string {
  return `<text x="${x.toFixed(1)}" y="${y}"${attributes === '' ? '' : ` ${attributes}`}>${escape(content)}</text>`
}

function escape(content: string): string {
  return content.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
}
