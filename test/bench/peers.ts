// What others do with a tree: one encrypted file, and back.

import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { emptyFolder } from './coffers.ts'
import { compareTree, treeBytes } from './data.ts'
import type { Contestant, Sample } from './measure.ts'
import { runProgram, runShell, runSubject } from './process.ts'

export interface Tree {
  /** The tree that goes in. */
  readonly source: string
  /** What has to come out, as `digestTree` gives it. */
  readonly expected: ReadonlyMap<string, string>
  /** Where everything is written. */
  readonly work: string
}

/** What people pipe together on a command line; needs tar, zstd and age. With `sync`, it ends on the disk, as a coffer does. */
export async function nativePipe({ work, source, expected }: Tree, sync: boolean): Promise<Contestant> {
  const path = join(work, 'native.age')
  const { identityFile, recipient } = await ageKeyFile(work)
  const pipe = 'tar -cf - -C "$1" . | zstd -3 -q -c | age -r "$2" -o "$3"'
  return {
    name: sync ? 'tar | zstd -3 | age, then sync' : 'tar | zstd -3 | age',
    async measure() {
      const write = await runShell(sync ? `${pipe} && sync "$3"` : pipe, source, recipient, path)
      const target = await emptyFolder(join(work, 'native-out'))
      const extract = await runShell('age -d -i "$1" "$2" | zstd -d -q -c | tar -xf - -C "$3"', identityFile, path, target)
      await compareTree('tar | zstd | age', expected, target)
      return wholeProcesses(write.seconds, extract.seconds, await treeBytes(path))
    },
  }
}

/** At its own level, names encrypted too. */
export function sevenZip({ work, source, expected }: Tree): Contestant {
  const path = join(work, 'archive.7z')
  return {
    name: '7z -p',
    async measure() {
      await emptyFolder(path)
      const file = join(path, 'archive.7z')
      const write = await runProgram('7z', ['a', '-bd', '-psecret', '-mhe=on', file, '.'], { cwd: source })
      const target = await emptyFolder(join(work, '7z-out'))
      const extract = await runProgram('7z', ['x', '-bd', '-psecret', `-o${target}`, file])
      await compareTree('7z', expected, target)
      return wholeProcesses(write.seconds, extract.seconds, await treeBytes(file))
    },
  }
}

interface AgeKey {
  readonly identity: string
  readonly recipient: string
}

/** Each file on its own, not compressed. `npm` is where the package is installed. */
export async function ageEncryption({ work, source, expected }: Tree, npm: string): Promise<Contestant> {
  const { result: key } = await runSubject<AgeKey>('age-key', { install: npm })
  return {
    name: 'age-encryption (npm), each file',
    measure: () => library('age-encryption', { install: npm, ...key }, join(work, 'age-js'), source, expected, work),
  }
}

/** One zip file with AES-256, at its own level. */
export function zipJs({ work, source, expected }: Tree, npm: string): Contestant {
  return {
    name: '@zip.js/zip.js (npm)',
    measure: () => library('zip-js', { install: npm, password: 'secret' }, join(work, 'zip-js.zip'), source, expected, work),
  }
}

interface LibraryResult {
  readonly seconds: readonly [number]
  readonly size: number
}

async function library(
  subject: string,
  task: Readonly<Record<string, string>>,
  path: string,
  source: string,
  expected: ReadonlyMap<string, string>,
  work: string,
): Promise<Sample> {
  const write = await runSubject<LibraryResult>(subject, { ...task, operation: 'write', path, source })
  const target = await emptyFolder(join(work, `${subject}-out`))
  const extract = await runSubject<LibraryResult>(subject, { ...task, operation: 'extract', path, target })
  await compareTree(subject, expected, target)
  return {
    write: write.result.seconds[0],
    'write process': write.seconds,
    extract: extract.result.seconds[0],
    'extract process': extract.seconds,
    size: write.result.size,
  }
}

function wholeProcesses(write: number, extract: number, size: number): Sample {
  return { write, 'write process': write, extract, 'extract process': extract, size }
}

/** An age key in a file of `work`, the same for all who ask. */
async function ageKeyFile(work: string): Promise<{ readonly identityFile: string; readonly recipient: string }> {
  const identityFile = join(work, 'age-key.txt')
  const there = await readFile(identityFile, 'utf8').catch(() => undefined)
  if (there === undefined) await runProgram('age-keygen', ['-o', identityFile])
  const text = there ?? (await readFile(identityFile, 'utf8'))
  return { identityFile, recipient: /age1\S+/.exec(text)?.[0] ?? '' }
}
