import { RANGE_SERVER } from './provided.js'
import type { TestProject } from 'vitest/node'
import { startRangeServer } from './range-server.js'

/** A web server of another origin, for tests in pages. */
export async function setup(project: TestProject): Promise<() => Promise<void>> {
  const server = await startRangeServer()
  project.provide(RANGE_SERVER, server.origin)
  return () => server.close()
}
