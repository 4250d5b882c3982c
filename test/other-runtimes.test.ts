import { createHash, randomBytes } from 'node:crypto'
import { cpSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { openCoffer } from '@coffer/node'
import { expect, test } from 'vitest'
import { commandPath, createPlace } from '../packages/cli/test/command.js'
import { ensureBun, ensureDeno, ensureNewerNode, root, run } from '../scripts/setup.mjs'

const [newer, bun, deno] = await Promise.all([ensureNewerNode(), ensureBun(), ensureDeno()])
const vitest = join(root, 'node_modules', 'vitest', 'vitest.mjs')
const limits = { timeout: 300_000 }

/** A loader of modules may need more than the 128 descriptors of that test, before any of ours runs. */
const notThese = ['128 descriptors']

async function runTests(runtime: string, args: readonly string[], without = notThese): Promise<string> {
  // That of these tests is closed to other users, as whom some of those go on.
  const env = { ...process.env, TMPDIR: undefined }
  const { code, output } = await run(runtime, [...args, '-t', `^(?!.*(${without.join('|')}))`], { inherit: false, env })
  expect(code, output).toBe(0)
  expect(output).toMatch(/Tests\s.*\d+ passed/)
  return output
}

/** Some of what Coffer does better by a newer Node, such as zstd, is not in the one that it has to run on at least. */
test.skipIf(newer === undefined)('a Node that has zstd itself uses it', limits, async () => {
  const files = ['packages/worker/test/node-zstd.test.ts', 'packages/node/test/node-coffer.test.ts', 'packages/worker/test/node-coffer.test.ts']
  const output = await runTests(newer ?? '', [vitest, 'run', '--project', 'node', '--project', 'disk', ...files])
  expect(output).not.toMatch(/node-zstd\.test\.ts.*skipped/)
})

test.skipIf(bun === undefined)('Bun runs what Node runs: coffers, trees, locks and threads', limits, async () => {
  const files = ['node-coffer', 'tree-walk', 'tree-writer', 'file-storage', 'sync'].map((name) => `packages/node/test/${name}.test.ts`)
  files.push('packages/worker/test/node-coffer.test.ts', 'packages/worker/test/node-threads.test.ts', 'packages/core/test/coffer/coffer.test.ts', 'packages/core/test/keyring/keyring.test.ts')
  // On a busy machine the word by which those tests end a thread now and then reaches one that came later, too.
  await runTests(bun ?? '', ['--bun', vitest, 'run', '--project', 'node', '--project', 'disk', ...files], [...notThese, 'a thread that ends'])
})

test.skipIf(deno === undefined)('Deno runs the command: it reads what Node wrote, Node what it wrote, and each keeps the other out', limits, async () => {
  const place = createPlace()
  const { at, out, write } = place
  const byDeno = (args: readonly string[]): Promise<{ code: number | null; output: string }> =>
    run(deno ?? '', ['run', '--allow-all', '--quiet', commandPath, ...args], { inherit: false, cwd: place.folder, env: place.env() })
  mkdirSync(at('tree/sub'), { recursive: true })
  writeFileSync(at('tree/sub/large'), randomBytes(3_000_000))
  write('tree/sub/text', 'what is written again and again shrinks. '.repeat(50_000))
  write('tree/empty', '')
  write('tree/ünï.txt', 'a name')
  cpSync(at('tree'), at('more/tree'), { recursive: true })
  write('more/tree/new', 'by the other one')
  for (const type of ['bank', 'store', 'market', 'null']) {
    const own = type === 'null' ? ['--type', 'null'] : ['--keys', `${type}.keys`]
    const coffer = [at(`${type}.pcof`), ...own]
    if (type !== 'null') await out(['generate', at(`${type}.pcof`), '--type', type, '--keys', `${type}.keys`])
    expect(await byDeno(['add', ...coffer, 'tree'])).toMatchObject({ code: 0 })
    await out(['check', ...coffer])
    await out(['extract', ...coffer, '--all', '-p', `${type}-by-node`])
    expect(digestsOf(at(`${type}-by-node`, 'tree'))).toEqual(digestsOf(at('tree')))
    await out(['add', ...coffer, at('more/tree/new'), '-t', 'tree/new'])
    expect(await byDeno(['extract', ...coffer, '--all', '-p', `${type}-by-deno`])).toMatchObject({ code: 0 })
    expect(digestsOf(at(`${type}-by-deno`, 'tree'))).toEqual(digestsOf(at('more/tree')))
  }
  await using _ = await openCoffer(at('null.pcof'), { mode: 'a', variant: 'null' })
  expect(await byDeno(['ls', at('null.pcof'), '--type', 'null'])).toMatchObject({ code: 20 })
})

function digestsOf(folder: string): Record<string, string> {
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile())
  const paths = entries.map((entry) => join(entry.parentPath, entry.name)).toSorted()
  return Object.fromEntries(paths.map((path) => [path.slice(folder.length), createHash('sha256').update(readFileSync(path)).digest('hex')]))
}
