import type { OnProgress, Progress } from '@coffer/core'
import { formatBytes } from './format.js'

/** Shown only for what takes longer than this. */
const DELAY_MS = 1000
const REDRAW_MS = 100
const BAR_CELLS = 24

/** A bar on stderr, which is gone again when the work is done. */
export interface ProgressBar {
  readonly onProgress: OnProgress
  /** Takes the bar away; may be called twice. */
  end(): void
}

/** A bar for work that is called `label`; draws nothing where stderr is no terminal, or with `--quiet`. */
export function createProgressBar(label: string, isWanted: boolean): ProgressBar {
  const { stderr } = process
  if (!isWanted || !stderr.isTTY) return { onProgress: () => undefined, end: () => undefined }
  const start = performance.now()
  let drawnAt = 0
  let isDrawn = false
  return {
    onProgress(progress) {
      const now = performance.now()
      if (now - start < DELAY_MS || now - drawnAt < REDRAW_MS) return
      drawnAt = now
      isDrawn = true
      stderr.write(`\r${drawLine(label, progress, (now - start) / 1000).slice(0, (stderr.columns || 80) - 1)}\u001b[K`)
    },
    end() {
      if (isDrawn) stderr.write('\r\u001b[K')
      isDrawn = false
    },
  }
}

/** The line for a state of the work: bar, percent, bytes, bytes a second, seconds left. */
export function drawLine(label: string, { done, total }: Progress, seconds: number): string {
  const rate = done / Math.max(0.001, seconds)
  const speed = `${formatBytes(rate)}/s`
  if (total === undefined || total === 0) return `${label}  ${formatBytes(done)}  ${speed}`
  const part = Math.min(1, done / total)
  const full = Math.round(part * BAR_CELLS)
  const bar = '#'.repeat(full) + '-'.repeat(BAR_CELLS - full)
  const left = rate > 0 ? `${Math.ceil((total - done) / rate)} s left` : ''
  return `${label}  [${bar}] ${String(Math.floor(part * 100)).padStart(3)}%  ${formatBytes(done)} of ${formatBytes(total)}  ${speed}  ${left}`
}
