const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB']

/** A number of bytes for people: `1.5 MiB`. */
export function formatBytes(bytes: number): string {
  let value = bytes
  let unit = 0
  while (value >= 1024 && unit < units.length - 1) {
    value /= 1024
    unit += 1
  }
  return unit === 0 ? `${Math.round(value)} B` : `${value.toFixed(1)} ${units[unit]}`
}

/** `2026-11-21 09:00` in the user's own time. */
export function formatTime(date: Date): string {
  const two = (value: number): string => String(value).padStart(2, '0')
  return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())} ${two(date.getHours())}:${two(date.getMinutes())}`
}

/** `1 file`, `2 files`. */
export function count(number: number, one: string, many: string = `${one}s`): string {
  return `${number} ${number === 1 ? one : many}`
}

/** `drwxr-xr-x`. */
export function formatMode(type: 'file' | 'directory' | 'symlink', mode: number): string {
  const letters = 'rwxrwxrwx'.split('').map((letter, bit) => ((mode >> (8 - bit)) & 1 ? letter : '-'))
  return { file: '-', directory: 'd', symlink: 'l' }[type] + letters.join('')
}
