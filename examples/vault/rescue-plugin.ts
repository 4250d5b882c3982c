import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'
import { build, type Plugin } from 'vite'
import { licenses } from '../../scripts/bundle/licenses.mjs'

/** What the rescue page may weigh, compressed: it is fetched once, in the background, for exports without a network. */
const BUDGET_BYTES = 440_000
const FILE = 'rescue.html'
const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url))

/** Builds the rescue page, one file with everything in it, and puts it beside the vault, which fills keyrings into copies of it. */
export function rescuePage(): Plugin {
  return {
    name: 'vault-rescue-page',
    configureServer(server) {
      server.middlewares.use(`/${FILE}`, (_request, response, next) => {
        buildRescuePage().then((html) => response.end(html), next)
      })
    },
    async generateBundle() {
      const source = await buildRescuePage()
      const bytes = gzipSync(source).length
      this.info(`${FILE}: ${source.length.toLocaleString('en')} bytes, ${bytes.toLocaleString('en')} compressed`)
      if (bytes > BUDGET_BYTES) this.error(`${FILE} is larger than its ${BUDGET_BYTES.toLocaleString('en')} bytes, compressed.`)
      this.emitFile({ type: 'asset', fileName: FILE, source })
    },
  }
}

/** The page, with no keyring in it. */
export async function buildRescuePage(): Promise<string> {
  const { version } = JSON.parse(await readFile(here('package.json'), 'utf8')) as { readonly version: string }
  const output = await build({
    configFile: false,
    root: here('rescue'),
    logLevel: 'error',
    define: { rescuePageVersion: JSON.stringify(version), 'process.env.NODE_ENV': '"production"' },
    oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
    plugins: [licenses('licences.txt')],
    build: {
      write: false,
      target: 'es2020',
      cssTarget: 'es2020',
      minify: true,
      lib: { entry: here('rescue/main.tsx'), formats: ['iife'], name: 'rescue', cssFileName: 'rescue' },
      rolldownOptions: { output: { codeSplitting: false } },
    },
  })
  const files = (Array.isArray(output) ? output : [output]).flatMap((part) => ('output' in part ? part.output : []))
  const find = (extension: string): string => {
    const file = files.find(({ fileName }) => fileName.endsWith(extension))
    if (!file) throw new Error(`The rescue page has no ${extension}.`)
    return file.type === 'chunk' ? file.code : Buffer.from(file.source).toString('utf8')
  }
  // A text that would end the element, or make the parser of HTML wait for another end.
  const script = find('.js').replaceAll(/<(?=\/script|!--|script)/gi, '\\x3c').trim()
  if (/\r/.test(script)) throw new Error('The parser of HTML would change the script.')
  const style = find('.css').trim()
  const policy = [
    "default-src 'none'",
    `script-src ${hashOf(script)} 'wasm-unsafe-eval'`,
    `style-src ${hashOf(style)}`,
    'worker-src blob:',
    'img-src blob: data:',
    "base-uri 'none'",
    "form-action 'none'",
  ].join('; ')
  const parts: Readonly<Record<string, string>> = { POLICY: policy, STYLE: style, SCRIPT: script, LICENCES: find('.txt').replaceAll('<', '‹') }
  const template = await readFile(here('rescue/index.html'), 'utf8')
  return template.replaceAll(/%([A-Z]+)%/g, (place, name: string) => parts[name] ?? place)
}

function hashOf(text: string): string {
  return `'sha256-${createHash('sha256').update(text).digest('base64')}'`
}
