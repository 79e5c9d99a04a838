/** The tests that run inside the editor's extension host, where the extension itself runs: loaded by the editor, as one bundle. */

import { writeFile } from 'node:fs/promises';
import Mocha from 'mocha';

/** The environment variable that names the file for the counts. */
const REPORT = 'HMM_TEST_REPORT';

/** Only ends what would never come: no test is about how fast something is. */
const TIMEOUT_MS = 180_000;

/** Called by the editor; rejects where a test has failed. */
export async function run(): Promise<void> {
  const mocha = new Mocha({ timeout: TIMEOUT_MS, reporter: 'spec', color: false });
  mocha.suite.emit('pre-require', globalThis, '', mocha);
  await import('./commands');
  await import('./language');
  await import('./breakpoints');
  await import('./session');
  await import('./first-minutes');
  const failed = await new Promise<number>((done) => {
    const runner = mocha.run(done);
    runner.on('end', () => {
      const { passes = 0, failures = 0, pending = 0 } = runner.stats ?? {};
      const file = process.env[REPORT];
      if (file) void writeFile(file, JSON.stringify({ passed: passes, failed: failures + pending }));
    });
  });
  if (failed > 0) throw new Error(`${failed} tests failed`);
}
