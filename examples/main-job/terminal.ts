import type { Progress } from '@coffer/core'

const WIDTH = 32
const EVERY_MS = 100

/** A bar on a terminal; nothing at all where the output is no terminal. */
export function progressBar(label: string): { update: (progress: Progress) => void; end: () => void } {
  const { stderr } = process
  const start = performance.now()
  let shownAt = 0
  const draw = ({ done, total }: Progress): void => {
    const part = total === undefined || total === 0 ? 1 : Math.min(1, done / total)
    const bar = '█'.repeat(Math.round(part * WIDTH)).padEnd(WIDTH, '░')
    const rate = rateOf(done, (performance.now() - start) / 1000)
    stderr.write(`\r${label.padEnd(8)} ${bar} ${`${Math.round(part * 100)} %`.padStart(5)}  ${formatBytes(done).padStart(9)}  ${rate}\u001b[K`)
  }
  let last: Progress | undefined
  return {
    update(progress) {
      last = progress
      const now = performance.now()
      if (!stderr.isTTY || now - shownAt < EVERY_MS) return
      shownAt = now
      draw(progress)
    },
    end() {
      if (!stderr.isTTY || !last) return
      draw(last)
      stderr.write('\n')
    },
  }
}

export function formatBytes(bytes: number): string {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB']
  let value = bytes
  let unit = 0
  while (value >= 1024 && unit < units.length - 1) {
    value /= 1024
    unit += 1
  }
  return `${unit === 0 ? value : value.toFixed(1)} ${units[unit]}`
}

export function rateOf(bytes: number, seconds: number): string {
  return `${(bytes / 1e6 / Math.max(seconds, 1e-6)).toFixed(0)} MB/s`
}
