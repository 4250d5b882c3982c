import type { Corpus } from './data.ts'
import type { Installed } from './install.ts'
import type { AlternateOptions } from './measure.ts'
import type { BenchOptions } from './options.ts'

/** What a cell has to measure with. */
export interface Bench {
  readonly options: BenchOptions
  readonly installed: Installed
  readonly corpus: Corpus
  /** An empty folder of the cell's own, removed after it. */
  readonly work: string
  readonly alternately: AlternateOptions
}

export interface Table {
  readonly title?: string
  readonly columns: readonly string[]
  readonly rows: readonly (readonly string[])[]
}

/** A group of bars in the chart, the shortest the best. */
export interface Bars {
  readonly title: string
  readonly unit: string
  readonly bars: readonly { readonly label: string; readonly value: number; readonly isOurs: boolean }[]
}

export interface CellResult {
  /** What was done, and what to know when reading the tables. */
  readonly about: readonly string[]
  readonly tables: readonly Table[]
  readonly charts?: readonly Bars[]
}

/** One comparison, which `--only` names. */
export interface Cell {
  readonly id: string
  readonly title: string
  /** Alternating runs where none are asked for. */
  readonly runs: number
  run(bench: Bench): Promise<CellResult>
}
