// A plugin of the kind `coffer`: it has the whole coffer, as whoever opened it has.

import { createHash } from 'node:crypto'
import type { CofferPlugin } from '@coffer/core'

/** Finds files of the same content: the names of each group, the first of them first. */
export type Duplicates = () => Promise<string[][]>

export const duplicatesPlugin: CofferPlugin<Duplicates> = {
  name: 'duplicates',
  kind: 'coffer',
  description: 'Find files of the same content',
  create: ({ coffer }) => async () => {
    const groups = new Map<string, string[]>()
    for await (const { name, type, size } of coffer.members()) {
      if (type !== 'file' || name.startsWith('.plugins/')) continue
      // A piece at a time: a member may be larger than memory.
      const hash = createHash('sha256')
      for (let at = 0; at < size; at += 1 << 20) hash.update(await coffer.read(name, { start: at, end: at + (1 << 20) }))
      const digest = hash.digest('hex')
      groups.set(digest, [...(groups.get(digest) ?? []), name])
    }
    return [...groups.values()].filter((names) => names.length > 1)
  },
}
