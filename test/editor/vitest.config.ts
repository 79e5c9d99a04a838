import { defineConfig } from 'vitest/config';
import { root } from '../tools/project';
import { patience } from './repeat';

/** The tests in a real editor: one server for all, one file after the other. */
export default defineConfig({
  root,
  test: {
    include: ['test/editor/*.spec.ts'],
    globalSetup: 'test/editor/server.ts',
    setupFiles: 'test/editor/after-each.ts',
    fileParallelism: false,
    // A second attempt, in a new window: the report tells which test has needed it.
    retry: 1,
    // Limits that only end what would never come: no test is about how long something takes.
    testTimeout: 6 * patience,
    hookTimeout: 6 * patience,
    expect: { poll: { timeout: patience, interval: 100 } },
  },
});
