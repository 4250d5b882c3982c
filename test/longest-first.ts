import { BaseSequencer, type TestSpecification } from 'vitest/node'

/** The files that take longest, in seconds of an idle machine with two processors: none of them is to be begun last. */
const seconds: Readonly<Record<string, number>> = {
  'test/e2e/crash.test.ts': 200,
  'test/e2e/tabs.test.ts': 110,
  'test/interop/commands.test.ts': 44,
  'test/e2e/packed.test.ts': 43,
  'test/e2e/firefox.test.ts': 42,
  'test/interop/ours-to-pycoffer.test.ts': 35,
  'test/interop/ours-to-pycoffer-0.16.2.test.ts': 35,
  'test/security/crash.test.ts': 35,
  'packages/cli/test/secrets.test.ts': 30,
  'packages/cli/test/terminal.test.ts': 30,
  'packages/cli/test/passwords.test.ts': 30,
}

/**
 * Vitest begins with what took longest the last time, which a fresh clone knows nothing of: there it begins with the files of most bytes.
 * Of the projects of one group, these are begun first wherever they are.
 */
export class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files)
    const group = ({ project }: TestSpecification): number => project.config.sequence.groupOrder
    return sorted.toSorted((a, b) => group(a) - group(b) || length(b) - length(a))
  }
}

function length({ moduleId }: TestSpecification): number {
  const [, known = 0] = Object.entries(seconds).find(([path]) => moduleId.endsWith(`/${path}`)) ?? []
  return known
}
