import type { Preview } from '../../model/preview.js'

const units = ['bytes', 'KB', 'MB', 'GB', 'TB'] as const

/** A number of bytes as people read it. */
export function formatBytes(bytes: number): string {
  if (bytes === 1) return '1 byte'
  let [value, unit] = [bytes, 0]
  while (value >= 999.5 && unit < units.length - 1) {
    value /= 1000
    unit += 1
  }
  const digits = unit > 0 && value < 99.95 ? 1 : 0
  return `${value.toLocaleString(undefined, { maximumFractionDigits: digits })} ${units[unit]}`
}

/** What it is and how large, in a few words. */
export function describe({ member, type }: Preview): string {
  return `${type.label} · ${formatBytes(member.size)}`
}

export function lastPart(name: string): string {
  return name.slice(name.lastIndexOf('/') + 1)
}
