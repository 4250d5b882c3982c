import { readFile } from 'node:fs/promises'
import { arch, release, type, version } from 'node:os'
import type { App } from '../app.js'
import { defaultConfigPath, readConfig } from '../config/config.js'
import { ownPlugins } from '../plugins/own-names.js'

/** `coffer check system`: what PyCoffer's tells, line by line. */
export async function runCheckSystem({ out }: App, { conf }: { readonly conf?: string }): Promise<void> {
  // Those of others by what the configuration calls them; one that cannot be read is not what is asked about here.
  const others = await readConfig(conf ?? defaultConfigPath()).then(({ plugins }) => [...plugins.keys()]).catch(() => [])
  const plugins = [...new Set([...ownPlugins.map(({ name }) => name), ...others])]
  const facts: Record<string, string | readonly string[]> = {
    Cryptors: ['aes-ocb', 'fernet', 'secretbox'],
    Coffers: ['bank', 'market', 'null', 'store'],
    Plugins: plugins,
    Coffer: COFFER_VERSION,
    Node: `${process.versions.node} (v8 ${process.versions.v8})`,
    Architecture: `${type()} (${release()}) / ${arch()}`,
    System: version(),
  }
  const issue = await readFile('/etc/issue', 'utf8').catch(() => undefined)
  if (issue !== undefined) facts['Os'] = issue.split('\n', 1)[0] ?? ''
  const libc = libcOf()
  if (libc !== undefined) facts['Specific'] = libc
  if (out.json) {
    await out.value(facts)
    return
  }
  for (const [name, fact] of Object.entries(facts)) await out.line(`${name} : ${typeof fact === 'string' ? fact : fact.join(', ')}`)
}

/** The C library that Node runs on; systems other than Linux have no say in it. */
function libcOf(): string | undefined {
  if (process.platform !== 'linux') return undefined
  const report = process.report.getReport() as { readonly header?: { readonly glibcVersionRuntime?: string } }
  const glibc = report.header?.glibcVersionRuntime
  return glibc === undefined ? 'musl' : `glibc ${glibc}`
}
