import { defineConfig } from 'vitest/config';

/** Everything that needs no editor; `test/editor` has its own configuration. */
export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    pool: 'threads',
    maxWorkers: 2,
    testTimeout: 20_000,
  },
});
