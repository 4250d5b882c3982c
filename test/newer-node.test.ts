import { join } from 'node:path'
import { expect, test } from 'vitest'
import { ensureNewerNode, root, run } from '../scripts/setup.mjs'

const newer = await ensureNewerNode()
const files = ['packages/worker/test/node-zstd.test.ts', 'packages/node/test/node-coffer.test.ts', 'packages/worker/test/node-coffer.test.ts']

/** Its loader of modules needs more than the 128 descriptors of that test, before any of ours runs. */
const notThese = '^(?!.*128 descriptors)'

/** Some of what Coffer does better by a newer Node, such as zstd, is not in the one that it has to run on at least. */
test.skipIf(newer === undefined)('a Node that has zstd itself uses it', { timeout: 180_000 }, async () => {
  const vitest = join(root, 'node_modules', 'vitest', 'vitest.mjs')
  const { code, output } = await run(newer ?? '', [vitest, 'run', '--project', 'node', '-t', notThese, ...files], { inherit: false })
  expect(code, output).toBe(0)
  expect(output).toMatch(/Tests\s.*\d+ passed/)
  expect(output).not.toMatch(/node-zstd\.test\.ts.*skipped/)
})
