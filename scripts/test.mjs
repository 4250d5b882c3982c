// `pnpm test`: sets up what is missing, then lint, types, packages and tests, each with one line at the end.
// `pnpm test -- packages/core` runs a subset of the tests and nothing else.

import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { cacheFolder, ensureDependencies, ensurePython, ensureWorkerScripts, root, run, SetupError } from './setup.mjs'

/** Read by .ci/run for its last line. */
const summaryFile = join(cacheFolder, 'test-summary.json')
const vitestFile = join(cacheFolder, 'vitest.json')
const playwrightFile = join(cacheFolder, 'playwright.json')

const filters = process.argv.slice(2)
if (filters[0] === '--') filters.shift()
const isFull = filters.length === 0

const bin = (name) => join(root, 'node_modules', '.bin', process.platform === 'win32' ? `${name}.cmd` : name)
const node = (script, ...args) => run(process.execPath, [join(root, 'scripts', script), ...args])

const steps = []

/** Runs one step; a step that fails does not keep the later ones from running, unless they stand on it. */
async function step(name, work) {
  const start = performance.now()
  console.error(`\n> ${name}`)
  let result
  try {
    result = await work()
  } catch (error) {
    console.error(error instanceof SetupError ? error.message : error)
    result = { ok: false, note: 'failed' }
  }
  steps.push({ name, ...result, seconds: (performance.now() - start) / 1000 })
  return result.ok
}

async function exits(running) {
  const ok = (await running).code === 0
  return { ok, note: ok ? 'passed' : 'failed' }
}

async function vitest() {
  rmSync(vitestFile, { force: true })
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${vitestFile}`]
  const { code } = await run(bin('vitest'), ['run', ...reporters, ...filters])
  const counts = readCounts()
  // A file that cannot even be loaded, or an error outside a test, has no failed test to its name.
  if (code !== 0 && counts.failed === 0) counts.failed = 1
  Object.assign(tests, counts)
  return { ok: code === 0, note: `${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped` }
}

/** The vault, by Playwright's own runner. */
async function playwright() {
  rmSync(playwrightFile, { force: true })
  const { code } = await run(bin('playwright'), ['test'])
  const counts = { passed: 0, failed: 0, skipped: 0 }
  if (existsSync(playwrightFile)) {
    const { stats } = JSON.parse(readFileSync(playwrightFile, 'utf8'))
    // One that passes only when tried again has failed.
    Object.assign(counts, { passed: stats.expected, failed: stats.unexpected + stats.flaky, skipped: stats.skipped })
  }
  if (code !== 0 && counts.failed === 0) counts.failed = 1
  for (const [kind, count] of Object.entries(counts)) tests[kind] += count
  return { ok: code === 0, note: `${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped` }
}

function readCounts() {
  if (!existsSync(vitestFile)) return { passed: 0, failed: 0, skipped: 0 }
  const report = JSON.parse(readFileSync(vitestFile, 'utf8'))
  const emptyFailures = report.testResults.filter((file) => file.status === 'failed' && !hasFailedTest(file)).length
  return {
    passed: report.numPassedTests,
    failed: report.numFailedTests + emptyFailures,
    skipped: report.numPendingTests + report.numTodoTests,
  }
}

function hasFailedTest(file) {
  return file.assertionResults.some((result) => result.status === 'failed')
}

const tests = { passed: 0, failed: 0, skipped: 0 }
mkdirSync(cacheFolder, { recursive: true })
rmSync(summaryFile, { force: true })

const installed = await step('node modules', async () => ({ ok: true, note: (await ensureDependencies()) ? 'installed' : 'there already' }))
if (installed) {
  await step('browsers', async () => {
    // Playwright is one of the node modules.
    const { ensureChromium, ensureFirefox, ensureWebKit } = await import('./browser.mjs')
    const made = [await ensureChromium(), await ensureFirefox(), await ensureWebKit()]
    return { ok: true, note: made.includes(true) ? 'installed' : 'there already' }
  })
  await step('worker scripts', async () => ({ ok: true, note: (await ensureWorkerScripts()) ? 'built' : 'there already' }))
  if (isFull) {
    await step('python environments', async () => ({ ok: true, note: (await ensurePython()) ? 'made' : 'there already' }))
    await step('lint', () => exits(run(bin('oxlint'), ['--type-aware', '--deny-warnings'])))
    await step('types', () => exits(run(bin('tsc'), ['-b'])))
    await step('packages', () => exits(node('check-packages.mjs')))
  }
  await step('tests', vitest)
  if (isFull) await step('tests of the vault', playwright)
}

console.log()
for (const { name, ok, note, seconds } of steps) {
  console.log(`${ok ? 'ok    ' : 'FAILED'}  ${name.padEnd(20)} ${seconds.toFixed(1).padStart(6)} s  ${note}`)
}
// Steps of tests count by their tests, every other one as a test of its own when it fails.
const failedSteps = steps.filter(({ name, ok }) => !ok && !name.startsWith('tests')).length
const summary = { passed: tests.passed, failed: tests.failed + failedSteps, skipped: tests.skipped }
writeFileSync(summaryFile, JSON.stringify(summary))
process.exitCode = steps.every(({ ok }) => ok) ? 0 : 1
