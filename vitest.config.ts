import { defineConfig } from 'vitest/config';

/** Everything that needs no editor; `test/editor` has its own configuration. */
export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    setupFiles: 'test/properties/seed.ts',
    pool: 'threads',
    maxWorkers: 2,
    // Ends what hangs; no test is about how fast something is, also on a busy machine.
    testTimeout: 120_000,
    hookTimeout: 120_000,
  },
});
