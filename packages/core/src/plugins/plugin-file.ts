import type { Coffer } from '../coffer/coffer.js'
import { CofferError } from '../errors.js'
import type { FilePlugin, PluginFile } from './plugin.js'

const FOLDER = '.plugins/'

/** The member of a plugin, and no other. @throws CofferError `ERR_COFFER_PLUGIN` for one outside of `.plugins/`. */
export function createPluginFile(coffer: Coffer, { name: plugin, file, reads = [] }: FilePlugin): PluginFile {
  if (!file.startsWith(FOLDER)) {
    throw new CofferError(
      'ERR_COFFER_PLUGIN',
      `The plugin ${JSON.stringify(plugin)} wants to keep its data outside of ${FOLDER}.`,
    )
  }
  const readMember = async (name: string): Promise<Uint8Array | undefined> => ((await coffer.has(name)) ? coffer.read(name) : undefined)
  let last: Promise<void> = Promise.resolve()
  return {
    name: file,
    get writable() {
      return coffer.writable
    },
    read: () => readMember(file),
    async readOther(name) {
      if (reads.includes(name)) return readMember(name)
      throw new CofferError(
        'ERR_COFFER_PLUGIN',
        `The plugin ${JSON.stringify(plugin)} does not say that it reads ${JSON.stringify(name)}.`,
      )
    },
    update(change) {
      const before = last
      const run = async (): Promise<void> => {
        // Whatever the change before ended in was its caller's.
        await before.catch(() => {})
        const bytes = await change(await readMember(file))
        if (bytes) await coffer.write(file, bytes)
      }
      last = run()
      return last
    },
  }
}
