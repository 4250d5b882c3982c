// Plugins of one's own, one of each kind: in a program, and in the command `coffer`, which load the same modules.
// Usage: tsx main.ts

import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { useInCommand } from './in-command.ts'
import { useInProgram } from './in-program.ts'

const folder = await mkdtemp(join(tmpdir(), 'coffer-plugins-'))
try {
  await useInProgram(folder)
  await useInCommand(folder)
} finally {
  await rm(folder, { recursive: true, force: true })
}
