import { execFileSync, spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, posix } from 'node:path'
import { describe, expect, test } from 'vitest'
import { repository } from './sources.js'

const tracked = execFileSync('git', ['ls-files', '-z'], { cwd: repository, encoding: 'utf8', maxBuffer: 1 << 26 })
  .split('\0')
  .filter((path) => path !== '' && existsSync(join(repository, path)) && statSync(join(repository, path)).isFile())

const documents = tracked.filter((path) => path.endsWith('.md'))

function textOf(path: string): string {
  return readFileSync(join(repository, path), 'utf8')
}

/** The Markdown with its code taken out, where brackets are no links; lines are kept. */
function withoutCode(markdown: string): string {
  const blank = (code: string): string => code.replace(/[^\n]/g, ' ')
  return markdown.replace(/^ *(```+|~~~+)[^\n]*\n[\s\S]*?^ *\1[ \t]*$/gm, blank).replace(/(`+)[^`\n]+\1/g, blank)
}

/** The places that links, images and reference definitions of a document lead to. */
function linksOf(markdown: string): string[] {
  const text = withoutCode(markdown)
  const inline = [...text.matchAll(/\]\(\s*<?([^)\s>]+)>?(?:\s+"[^"]*")?\s*\)/g)]
  const references = [...text.matchAll(/^ *\[[^\]]+\]:\s*<?([^\s>]+)>?/gm)]
  return [...inline, ...references].map(([, place = '']) => place)
}

/** The anchors that GitHub gives the headings of a document. */
function anchorsOf(markdown: string): Set<string> {
  const anchors = new Set<string>()
  for (const [, heading = ''] of markdown.replace(/^ *```[\s\S]*?^ *```[ \t]*$/gm, '').matchAll(/^#{1,6}\s+(.+?)\s*#*$/gm)) {
    const words = heading.replace(/\[([^\]]*)\]\([^)]*\)/g, '$1').toLowerCase()
    const slug = words.replace(/[^\p{L}\p{N}\s_-]/gu, '').replaceAll(/\s/g, '-')
    let anchor = slug
    for (let count = 1; anchors.has(anchor); count++) anchor = `${slug}-${count}`
    anchors.add(anchor)
  }
  return anchors
}

/** What is wrong with a link in a document; undefined where it leads somewhere, or out of the repository. */
function brokenLink(document: string, link: string): string | undefined {
  if (/^[a-z][a-z0-9+.-]*:/i.test(link)) return undefined
  const [place = '', anchor] = decodeURIComponent(link).split('#', 2)
  const target = place === '' ? document : posix.normalize(posix.join(posix.dirname(document), place))
  if (target.startsWith('..') || place.startsWith('/')) return `${document}: ${link} leaves the repository`
  if (!existsSync(join(repository, target))) return `${document}: ${link} leads nowhere`
  if (anchor === undefined || !target.endsWith('.md')) return undefined
  return anchorsOf(textOf(target)).has(anchor) ? undefined : `${document}: ${link} has no such heading`
}

describe('links', () => {
  test('of every document lead somewhere', () => {
    const broken = documents.flatMap((path) => linksOf(textOf(path)).map((link) => brokenLink(path, link)))
    expect(broken.filter((found) => found !== undefined)).toEqual([])
  })

  test('the check finds links, and only links', () => {
    const markdown = '[a](b.md#c) ![d](<e.png> "f")\n\n```ts\n[x](y)\n```\n`[x](y)` [g]\n\n[g]: h.md\n'
    expect(linksOf(markdown)).toEqual(['b.md#c', 'e.png', 'h.md'])
    expect(anchorsOf('# One `two` & three\n\n## One\n## One\n')).toEqual(new Set(['one-two--three', 'one', 'one-1']))
    expect(brokenLink('docs/x.md', 'no-such-file.md')).toContain('leads nowhere')
    expect(brokenLink('docs/x.md', '../../x')).toContain('leaves')
    expect(brokenLink('docs/x.md', '../LICENSE')).toBeUndefined()
  })
})

const machineFolders = ['work', 'root', 'opt/wheels', 'home/[a-z][\\w-]*', 'Users/[A-Za-z]\\w*', 'tmp/(?:x|brief)']
const machinePath = new RegExp(`(?<![\\w.~*)}\\]-])/(?:${machineFolders.join('|')})(?=[/\\s'"\`),;:]|$)`, 'm')
const registryHost = /registry\.[a-z0-9.-]+\.(?:org|com|net|io|dev|local)|pypi\.[a-z]+\/simple|files\.pythonhosted|artifactory/i

/** Files in which a pattern may stand, each with the reason. */
const exempt: Readonly<Record<string, string>> = {
  'test/docs.test.ts': 'the patterns and what they are tried on',
}

describe('files under version control', () => {
  const texts = tracked.filter((path) => !Object.hasOwn(exempt, path)).flatMap((path) => {
    const bytes = readFileSync(join(repository, path))
    return bytes.subarray(0, 8000).includes(0) ? [] : [{ path, text: bytes.toString('utf8') }]
  })

  test.each([
    ['a folder of one machine', machinePath],
    ['the host of a package registry', registryHost],
  ])('do not name %s', (_, pattern) => {
    const found = texts.flatMap(({ path, text }) => {
      const lines = text.split('\n')
      return lines.flatMap((line, index) => (pattern.test(line) ? [`${path}:${index + 1}: ${line.trim().slice(0, 120)}`] : []))
    })
    expect(found).toEqual([])
  })

  test('the lock file is among them', () => {
    expect(texts.map(({ path }) => path)).toEqual(expect.arrayContaining(['pnpm-lock.yaml', 'package.json']))
  })

  test.each(['see /work/main', "'/root/.cache'", '(/home/someone/x)', '"/tmp/x/a"', '`/Users/me/x`'])('the check sees %s', (text) => {
    expect(machinePath.test(text)).toBe(true)
  })
  test.each(['docs/work/x', '/tmp/coffer', '../root/x', 'https://example.org/home', '${base}/work/x', '/worker'])('and passes %s', (text) => {
    expect(machinePath.test(text)).toBe(false)
  })
  test.each(['https://registry.npmjs.org/x', 'pypi.org/simple'])('the check sees the host in %s', (text) => {
    expect(registryHost.test(text)).toBe(true)
  })
})

interface Example {
  readonly title: string
  readonly code: string
}

/** The blocks marked "ts run" of a document, or of the comments of a source. */
function examplesOf(path: string, text: string): Example[] {
  const markdown = path.endsWith('.ts') ? text.replaceAll(/^ *\* ?/gm, '') : text
  return [...markdown.matchAll(/^( *)```ts run\b[^\n]*\n([\s\S]*?)^\1```[ \t]*$/gm)].map((match) => ({
    title: `${path}:${markdown.slice(0, match.index).split('\n').length}`,
    code: (match[2] ?? '').replaceAll(new RegExp(`^${match[1] ?? ''}`, 'gm'), ''),
  }))
}

/** Runs TypeScript as a reader of the documents would: as a module of its own, in an empty folder. */
function runExample({ code }: Example): { readonly status: number | null; readonly output: string } {
  // Below the repository, where the names of its packages resolve.
  const module = join(mkdtempSync(join(made(join(repository, '.cache', 'examples')), 'run-')), 'example.ts')
  const folder = mkdtempSync(join(tmpdir(), 'coffer-example-'))
  try {
    writeFileSync(module, code)
    const options = { cwd: folder, encoding: 'utf8', timeout: 100_000, input: '' } as const
    const tsx = join(repository, 'node_modules', 'tsx', 'dist', 'loader.mjs')
    const { status, stdout, stderr, error } = spawnSync(process.execPath, ['--import', `file://${tsx}`, module], options)
    return { status, output: `${stdout}${stderr}${error?.message ?? ''}` }
  } finally {
    rmSync(dirname(module), { recursive: true, force: true })
    rmSync(folder, { recursive: true, force: true })
  }
}

function made(folder: string): string {
  mkdirSync(folder, { recursive: true })
  return folder
}

describe('examples that are marked "ts run"', () => {
  const sources = tracked.filter((path) => /^packages\/[^/]+\/src\/.*\.ts$/.test(path))
  const examples = [...documents, ...sources].flatMap((path) => examplesOf(path, textOf(path)))

  test.each(examples)('$title runs', (example) => {
    const { status, output } = runExample(example)
    expect(status, output).toBe(0)
  })

  test('are found in documents and in docstrings', () => {
    expect(examplesOf('a.md', 'x\n\n```ts run\nf()\n```\n```ts\nno()\n```\n')).toEqual([{ title: 'a.md:3', code: 'f()\n' }])
    expect(examplesOf('a.ts', '/**\n * @example\n * ```ts run\n * if (a) {\n *   f()\n * }\n * ```\n */\n')).toEqual([
      { title: 'a.ts:3', code: 'if (a) {\n  f()\n}\n' },
    ])
  })

  test('are run: one that throws fails, one that is right passes', () => {
    const code = `import { CofferError } from '@coffer/core'\nif (new CofferError('ERR_COFFER_CLOSED', 'x').code !== 'ERR_COFFER_CLOSED') throw new Error('no')\n`
    expect(runExample({ title: '', code })).toMatchObject({ status: 0 })
    const failed = runExample({ title: '', code: `throw new Error('on purpose')\n` })
    expect(failed.status).toBe(1)
    expect(failed.output).toContain('on purpose')
  })
})
