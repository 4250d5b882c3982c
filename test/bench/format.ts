import { median, spread, type Measured } from './measure.ts'

/** Seconds with three digits that say something. */
export function seconds(value: number | undefined): string {
  if (value === undefined) return ''
  return `${value < 0.0995 ? value.toFixed(4) : value < 9.95 ? value.toFixed(3) : value.toFixed(1)} s`
}

export function megabytes(value: number | undefined): string {
  if (value === undefined) return ''
  const digits = value < 1e6 ? 3 : value < 1e7 ? 2 : 1
  return `${(value / 1e6).toFixed(digits)} MB`
}

/** Megabytes a second. */
export function perSecond(bytes: number | undefined): string {
  return bytes === undefined ? '' : `${Math.round(bytes / 1e6)} MB/s`
}

export function rate(bytes: number, secondsTaken: number | undefined): string {
  return secondsTaken === undefined ? '' : perSecond(bytes / secondsTaken)
}

export function milliseconds(value: number | undefined): string {
  return value === undefined ? '' : `${value.toFixed(1)} ms`
}

/** `4.2x`: how many times `value` is of `base`. */
export function ratio(value: number | undefined, base: number | undefined): string {
  if (value === undefined || base === undefined || base === 0) return ''
  const times = value / base
  return `${times < 9.95 ? times.toFixed(2) : times.toFixed(0)}x`
}

/** `0.20 s (4.2x)`: how many times faster than `base`. */
export function secondsAndRatio(value: number | undefined, base: number | undefined): string {
  return value === undefined ? '' : `${seconds(value)} (${ratio(base, value)})`
}

/** `+1.2 %`: how much more `value` is than `base`. */
export function percent(value: number | undefined, base: number | undefined): string {
  if (value === undefined || base === undefined || base === 0) return ''
  const more = (value / base - 1) * 100
  return `${more < 0 ? '' : '+'}${more.toFixed(1)} %`
}

/** The median, with what the runs lay between where they differ by more than a tenth. */
export function secondsOf(measured: Measured, value: string): string {
  return withSpread(measured, value, seconds)
}

export function millisecondsOf(measured: Measured, value: string): string {
  return withSpread(measured, value, milliseconds)
}

function withSpread(measured: Measured, value: string, format: (value: number | undefined) => string): string {
  const middle = median(measured, value)
  const range = spread(measured, value)
  if (middle === undefined || !range || range[1] - range[0] < middle / 10) return format(middle)
  const [least, most] = range.map((end) => format(end).replace(/ m?s$/, ''))
  return `${format(middle)} (${least} to ${most})`
}
