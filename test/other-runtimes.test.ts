import { join } from 'node:path'
import { expect, test } from 'vitest'
import { ensureBun, ensureNewerNode, root, run } from '../scripts/setup.mjs'

const [newer, bun] = await Promise.all([ensureNewerNode(), ensureBun()])
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
