import { basename, resolve } from 'node:path'
import type { WriteData } from '@coffer/core'
import type { AddOptions as TreeOptions, AddReport, NodeCoffer } from '@coffer/node'
import type { App } from '../app.js'
import { usageError } from '../command-error.js'
import { excludedBy } from '../target/exclude.js'
import { withCoffer } from '../target/open.js'
import type { CofferOptions } from '../target/options.js'
import { count, formatBytes } from '../terminal/format.js'
import { stdinPieces } from '../terminal/stdin.js'
import { printable } from '../terminal/style.js'

interface AddOptions extends CofferOptions {
  readonly source?: string
  readonly target?: string
  readonly replace?: boolean
  readonly exclude?: readonly string[]
  readonly symlinks?: TreeOptions['symlinks']
}

/** `coffer add` */
export async function runAdd(app: App, args: readonly string[], options: AddOptions): Promise<void> {
  const { out, signal } = app
  const total = { files: 0, directories: 0, symlinks: 0, bytes: 0 }
  const skipped: { readonly path: string; readonly reason: string }[] = []
  const bar = app.bar('Adding')
  await withCoffer(app, options, args, { mode: 'a', create: true }, async (coffer, rest) => {
    const sources = options.source === undefined ? rest : [options.source, ...rest]
    if (sources.length === 0) throw usageError('Add what? Name files or directories, or - for stdin.')
    if (options.target !== undefined && sources.length > 1) throw usageError('--target names one source in the coffer; there are several.')
    const names = sources.map((source) => options.target ?? basename(resolve(source)))
    const twice = names.find((name, i) => names.indexOf(name) !== i)
    if (twice !== undefined) throw usageError(`Two of these would be called ${printable(twice)}: add one of them by itself, under another name (--target NAME).`)
    for (const source of sources) {
      const report = await addOne(coffer, source, options, {
        replace: options.replace === true,
        exclude: excludedBy(options.exclude),
        symlinks: options.symlinks,
        signal,
        onProgress: bar.onProgress,
        onSkip: (path, reason) => {
          skipped.push({ path, reason })
          out.warn(`left out ${printable(path)}: ${reason}.`)
        },
      })
      for (const key of ['files', 'directories', 'symlinks', 'bytes'] as const) total[key] += report[key]
    }
    bar.end()
  })
  if (out.json) await out.value({ ...total, skipped })
  else out.note(`Added ${count(total.files, 'file')} (${formatBytes(total.bytes)}).`)
}

async function addOne(coffer: NodeCoffer, source: string, { target }: AddOptions, options: TreeOptions): Promise<AddReport> {
  if (source === '-') {
    if (target === undefined) throw usageError('What comes in on stdin needs a name: --target NAME.')
    const { size } = await coffer.write(target, stdinStream(), options)
    return { files: 1, directories: 0, symlinks: 0, bytes: size }
  }
  return coffer.add(source, target ?? basename(resolve(source)), options)
}

function stdinStream(): WriteData {
  const pieces = stdinPieces()[Symbol.asyncIterator]()
  return new ReadableStream<Uint8Array>({
    async pull(controller) {
      const { done, value } = await pieces.next()
      if (done) controller.close()
      else controller.enqueue(new Uint8Array(value))
    },
  })
}
