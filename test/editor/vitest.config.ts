import { defineConfig } from 'vitest/config';
import { root } from '../tools/project';

/** The tests in a real editor: one server for all, one file after the other. */
export default defineConfig({
  root,
  test: {
    include: ['test/editor/*.spec.ts'],
    globalSetup: 'test/editor/server.ts',
    fileParallelism: false,
    testTimeout: 90_000,
    hookTimeout: 120_000,
  },
});
