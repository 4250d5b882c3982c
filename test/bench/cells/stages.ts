import type { Cell, CellResult } from '../cell.ts'
import { named } from '../data.ts'
import { perSecond, ratio } from '../format.ts'
import { alternate, median, type Sample } from '../measure.ts'
import { runPython, runSubject } from '../process.ts'

const TEXT = 'searchindex.js'
const PICTURE = 'pixels-l.webp'
const SECONDS = 0.5
const QUICK_SECONDS = 0.1

/** Where the limit of each stage is: WebAssembly and JavaScript against native code, one thread each. */
export const stages: Cell = {
  id: 'stages',
  title: 'The stages of a block against native code',
  runs: 5,
  async run({ installed, options, corpus, work, alternately }): Promise<CellResult> {
    const { python } = installed
    const task = {
      install: installed.coffer,
      text: named(corpus, TEXT).path,
      image: named(corpus, PICTURE).path,
      work,
      seconds: options.quick ? QUICK_SECONDS : SECONDS,
    }
    const contestants = [{ name: 'Coffer', measure: async () => (await runSubject<Sample>('stages', task)).result }]
    if (python !== undefined)
      contestants.push({ name: 'native', measure: async () => (await runPython<Sample>(python, 'stages', task)).result })
    const [ours, native] = await alternate(contestants, alternately)
    if (!ours) throw new Error('Coffer did not run')
    const names = Object.keys(ours.samples[0] ?? {})
    return {
      about: [
        'Plaintext a second on one thread, warm, in blocks of 512 KiB (zstd, files) and chunks of 64 KiB (ciphers); text ' +
          `is \`${TEXT}\`, the picture \`${PICTURE}\`, which does not shrink. ` +
          'Coffer: zstd-codec (on Node 22.15 and later Node\'s own zstd) and libsodium as WebAssembly, Node\'s cryptography for Fernet ' +
          'and AES-OCB; in browsers those are WebCrypto and @noble/ciphers, which were run by Node too. ' +
          'Native: libzstd (pyzstd), libsodium (PyNaCl), OpenSSL (cryptography), PyCryptodome.',
        'Above 1: native is faster. A block that Coffer judges not to shrink is stored as it is, which native code does ' +
          'not do by itself.',
      ],
      tables: [
        {
          columns: ['stage', 'Coffer', 'native', 'native to Coffer'],
          rows: names.map((name) => {
            const nativeRate = native && median(native, name.replace(', in browsers', ''))
            return [name, perSecond(median(ours, name)), perSecond(nativeRate), ratio(nativeRate, median(ours, name))]
          }),
        },
      ],
    }
  },
}
