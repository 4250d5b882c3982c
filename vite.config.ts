import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    // For whoever calls vitest alone: `pnpm test` has built them before.
    globalSetup: ['test/worker-scripts.ts'],
    projects: [
      {
        test: {
          name: 'node',
          environment: 'node',
          include: ['packages/*/test/**/*.test.ts', 'test/**/*.test.ts'],
          exclude: ['**/node_modules/**', 'test/scale/**'],
          testTimeout: 60_000,
          hookTimeout: 120_000,
          sequence: { groupOrder: 0 },
        },
      },
      {
        // Compares times, so it runs when all others are done.
        test: { name: 'scale', environment: 'node', include: ['test/scale/**/*.test.ts'], testTimeout: 300_000, sequence: { groupOrder: 1 } },
      },
    ],
  },
})
