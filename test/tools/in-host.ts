/**
 * `npm run test:vscode`: the tests inside the extension host, in a desktop VS Code that is downloaded, or the one at
 * `--vscode PATH`. `npm test` runs the same bundle in the browser edition.
 */

import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { runTests } from '@vscode/test-electron';
import { build } from 'esbuild';
import { chromium as browserEngine } from 'playwright-core';
import { buildAll, common } from './build';
import { chromium } from './chromium';
import { startEditor } from './editor-server';
import { inProject, root } from './project';

/** Ends a window whose tests would never end, in milliseconds. */
const LIMIT_MS = 1_200_000;

const bundle = inProject('dist', 'in-host', 'main.cjs');

async function prepare(): Promise<void> {
  await buildAll();
  await build({
    ...common,
    entryPoints: ['test/in-host/main.ts'],
    outfile: bundle,
    external: ['vscode', 'mocha'],
  });
}

/** The address of a window whose extension host loads the project and then the bundle. */
function testWindow(origin: string, folder: string): string {
  const url = new URL(origin);
  const remote = (path: string) => `vscode-remote://${url.host}${path}`;
  const payload = [
    ['extensionDevelopmentPath', remote(root)],
    ['extensionTestsPath', remote(bundle)],
    ['skipWelcome', 'true'],
  ];
  url.searchParams.set('folder', folder);
  url.searchParams.set('payload', JSON.stringify(payload));
  return url.href;
}

/** Runs the bundle in the browser edition; what it prints is shown. Answers its counts. */
export async function testInBrowserEdition(): Promise<{ passed: number; failed: number }> {
  await prepare();
  const folder = await mkdtemp(join(tmpdir(), 'hmm-host-'));
  const report = join(folder, 'report.json');
  const server = await startEditor({
    args: ['--vscode-option', 'enable-smoke-test-driver'],
    env: { HMM_TEST_REPORT: report },
  });
  const env = {
    ...process.env,
    HOME: folder,
    TMPDIR: folder,
    XDG_CONFIG_HOME: folder,
    XDG_CACHE_HOME: folder,
  };
  const browser = await browserEngine.launch({
    executablePath: await chromium(),
    env,
    args: ['--no-sandbox'],
  });
  try {
    const page = await browser.newPage({ viewport: { width: 1366, height: 768 } });
    await page.exposeFunction('codeAutomationLog', (_: string, args: unknown[]) => console.log(...args));
    const ended = new Promise<number>((done) => page.exposeFunction('codeAutomationExit', done));
    await page.goto(testWindow(server.origin, folder));
    const code = await Promise.race([ended, sleep(LIMIT_MS, 1, { ref: false })]);
    const counts = JSON.parse(await readFile(report, 'utf8')) as { passed: number; failed: number };
    return { passed: counts.passed, failed: code === 0 ? counts.failed : Math.max(counts.failed, 1) };
  } finally {
    await browser.close();
    await server.stop();
    await rm(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
  }
}

async function testInDesktopEdition(vscodeExecutablePath: string | undefined): Promise<void> {
  await prepare();
  await runTests({
    ...(vscodeExecutablePath === undefined ? {} : { vscodeExecutablePath }),
    extensionDevelopmentPath: root,
    extensionTestsPath: bundle,
    launchArgs: ['--disable-extensions', '--disable-workspace-trust'],
  });
}

if (process.argv[1] === import.meta.filename) {
  const { values } = parseArgs({ options: { vscode: { type: 'string' }, browser: { type: 'boolean' } } });
  if (values.browser) console.log(await testInBrowserEdition());
  else await testInDesktopEdition(values.vscode);
}
