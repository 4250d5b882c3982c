import { CofferError, type Member } from '@coffer/core'
import type { App } from '../app.js'
import { exitCodes } from '../exit-codes.js'
import { withCoffer } from '../target/open.js'
import type { CofferOptions } from '../target/options.js'
import { formatMode, formatTime } from '../terminal/format.js'

/** `coffer ls` */
export async function runLs(app: App, args: readonly string[], options: CofferOptions & { readonly long?: boolean }): Promise<void> {
  const { out } = app
  await withCoffer(app, options, args, { mode: 'r' }, async (coffer, prefixes) => {
    const found: Member[] = []
    for (const prefix of prefixes.length === 0 ? [''] : prefixes) {
      const before = found.length
      for await (const member of coffer.members(prefix)) if (isBelow(member.name, prefix)) found.push(member)
      if (found.length === before && prefix !== '') {
        if (prefixes.length === 1) throw new CofferError('ERR_COFFER_NOT_FOUND', `There is nothing named ${JSON.stringify(prefix)} in this coffer.`)
        out.warn(`there is nothing named ${JSON.stringify(prefix)} in this coffer.`)
        app.failWith(exitCodes.problems)
      }
    }
    if (out.json) {
      await out.value(found.map(({ name, type, size, storedSize, mode, mtime, target }) => ({ name, type, size, storedSize, mode, mtime, target })))
      return
    }
    const width = options.long ? Math.max(0, ...found.map(({ size }) => String(size).length)) : 0
    for (const member of found) {
      const name = coloured(app, member)
      if (!options.long) await out.line(name)
      else {
        const { type, mode, size, mtime, target } = member
        const link = target === undefined ? '' : ` -> ${out.name(target)}`
        await out.line(`${formatMode(type, mode)} ${String(size).padStart(width)} ${formatTime(mtime)} ${name}${link}`)
      }
    }
  })
}

/** Names are compared by their parts: "tax" does not stand for "taxes". */
function isBelow(name: string, prefix: string): boolean {
  if (prefix === '' || name === prefix) return true
  return name.startsWith(prefix.endsWith('/') ? prefix : `${prefix}/`)
}

function coloured({ out }: App, { name, type }: Member): string {
  const text = out.name(name)
  if (type === 'directory') return out.style('blue', `${text}/`)
  return type === 'symlink' ? out.style('cyan', text) : text
}
