import { defineConfig } from 'vitest/config';
import { root } from '../tools/project';

/** The tests in a real editor: one server for all, one file after the other. */
export default defineConfig({
  root,
  test: {
    include: ['test/editor/*.spec.ts'],
    globalSetup: 'test/editor/server.ts',
    setupFiles: 'test/editor/on-failure.ts',
    fileParallelism: false,
    testTimeout: 90_000,
    hookTimeout: 120_000,
    expect: { poll: { timeout: 20_000, interval: 100 } },
  },
});
