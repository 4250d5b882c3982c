import { join } from 'node:path'
import { build, type Rolldown } from 'vite'
import { expect, test } from 'vitest'

const source = join(import.meta.dirname, '..', '..', 'src')

/** Packages that are not looked at here, some of which have to be built first. */
function isOutside(id: string): boolean {
  return !/^[./]/.test(id) && !/^(otpauth|@noble\/hashes)/.test(id)
}

/** The modules of a page that imports all of core, by what it loads at once and what later. */
async function bundle(): Promise<{ readonly atOnce: readonly string[]; readonly later: readonly string[] }> {
  const [result] = (await build({
    configFile: false,
    logLevel: 'silent',
    build: { write: false, lib: { entry: join(source, 'index.ts'), formats: ['es'] }, rollupOptions: { external: isOutside } },
  })) as Rolldown.RolldownOutput[]
  const chunks = new Map((result?.output ?? []).flatMap((chunk) => (chunk.type === 'chunk' ? [[chunk.fileName, chunk]] : [])))
  const atOnce = new Set([...chunks.values()].filter(({ isEntry }) => isEntry))
  for (const chunk of atOnce) for (const name of chunk.imports) atOnce.add(chunks.get(name) ?? chunk)
  const modulesOf = (of: Iterable<Rolldown.OutputChunk>): string[] => [...of].flatMap(({ moduleIds }) => moduleIds)
  return { atOnce: modulesOf(atOnce), later: modulesOf([...chunks.values()].filter((chunk) => !atOnce.has(chunk))) }
}

test('a page loads a plugin, and what it stands on, when it asks for it', async () => {
  const { atOnce, later } = await bundle()
  // `passwords.ts` has types only.
  const ofPlugins = (modules: readonly string[]): string[] => modules.filter((id) => /plugins\/(crypt|password|csv|pickle|one-time-code)|otpauth|@noble\/hashes/.test(id))
  expect(atOnce).toContain(join(source, 'plugins', 'registry.ts'))
  expect(ofPlugins(atOnce)).toEqual([])
  for (const name of ['crypt.ts', 'password.ts', 'password-import.ts', 'password-pycoffer.ts', 'one-time-code.ts']) {
    expect(later).toContain(join(source, 'plugins', name))
  }
  expect(later.some((id) => id.includes('otpauth'))).toBe(true)
})
