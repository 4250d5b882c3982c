// @ts-check
// A plugin of the kind `coffer`, with a command: coffer duplicates ls.

import { createHash } from 'node:crypto'

/** @typedef {() => Promise<string[][]>} Duplicates The names of each group, the first of them first. */

/** @type {import('@coffer/core').CofferPlugin<Duplicates>} */
export const duplicatesPlugin = {
  name: 'duplicates',
  kind: 'coffer',
  description: 'Files of the same content',
  // It has the whole coffer, as whoever opened it has: here for reading, since its command does not say `writes`.
  create: ({ coffer }) => async () => {
    /** @type {Map<string, string[]>} */
    const groups = new Map()
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
  commands: [
    {
      name: 'ls',
      summary: 'list files of the same content, a group a line',
      async run({ plugin: find, json, print, printJson }) {
        const groups = await find()
        if (json) await printJson(groups)
        else for (const names of groups) await print(names.join('\t'))
      },
    },
  ],
}
