import { signal, type Signal } from '@preact/signals'

/** Which rows are selected, and on which one the keyboard is. By paths, so that it outlives sorting. */
export class Selection {
  readonly selected: Signal<ReadonlySet<string>> = signal(new Set())
  readonly cursor: Signal<string | undefined> = signal(undefined)
  /** Where a range with Shift begins. */
  #anchor: string | undefined

  /** This one alone. */
  only(path: string): void {
    this.selected.value = new Set([path])
    this.cursor.value = path
    this.#anchor = path
  }

  /** Adds it, or takes it out. */
  toggle(path: string): void {
    const selected = new Set(this.selected.value)
    if (!selected.delete(path)) selected.add(path)
    this.selected.value = selected
    this.cursor.value = path
    this.#anchor = path
  }

  /** All from where the range began to here. */
  range(rows: readonly string[], path: string): void {
    const to = rows.indexOf(path)
    const from = Math.max(0, rows.indexOf(this.#anchor ?? rows[0] ?? path))
    this.selected.value = new Set(rows.slice(Math.min(from, to), Math.max(from, to) + 1))
    this.cursor.value = path
  }

  /** Moves the keyboard there: alone, with Shift as a range, with Control without selecting. */
  move(rows: readonly string[], index: number, { shift = false, control = false } = {}): void {
    const path = rows[Math.max(0, Math.min(rows.length - 1, index))]
    if (path === undefined) return
    if (shift) this.range(rows, path)
    else if (control) this.cursor.value = path
    else this.only(path)
  }

  all(rows: readonly string[]): void {
    this.selected.value = new Set(rows)
    this.cursor.value ??= rows[0]
  }

  clear(): void {
    this.selected.value = new Set()
    this.#anchor = this.cursor.value
  }

  /** Selects these, such as those that have just come. */
  put(paths: readonly string[]): void {
    this.selected.value = new Set(paths)
    this.cursor.value = paths[0]
    this.#anchor = paths[0]
  }

  /** Forgets those that are not shown any more. */
  retain(isThere: (path: string) => boolean): void {
    const kept = [...this.selected.value].filter(isThere)
    if (kept.length < this.selected.value.size) this.selected.value = new Set(kept)
    if (this.cursor.value !== undefined && !isThere(this.cursor.value)) this.cursor.value = kept[0]
  }
}
