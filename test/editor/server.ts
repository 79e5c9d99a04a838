import type { TestProject } from 'vitest/node';
import { chromium } from '../tools/chromium';
import { startEditor } from '../tools/editor-server';
import { packageExtension } from '../tools/package';

declare module 'vitest' {
  export interface ProvidedContext {
    /** Address of the editor's server, its throw-away folder, and the browser's path. */
    editor: { origin: string; folder: string; browser: string };
  }
}

/** Starts the editor with the packaged extension once for all test files; answers how to end it. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const browser = await chromium();
  const server = await startEditor({ vsix: await packageExtension() });
  project.provide('editor', { origin: server.origin, folder: server.folder, browser });
  return server.stop;
}
