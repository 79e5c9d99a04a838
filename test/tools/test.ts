/** `npm test`: every check of the project, one after the other, and one line with the sum. */
import { type SpawnOptions, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readFile, rm } from 'node:fs/promises';
import { testInBrowserEdition } from './in-host';
import { inProject, npmTool, root } from './project';

interface Count {
  passed: number;
  failed: number;
}

/** The parts of vitest's JSON report that are counted. */
interface Report {
  numTotalTests: number;
  numPassedTests: number;
  testResults: { status: string; assertionResults: { status: string }[] }[];
}

const options: SpawnOptions = { cwd: root, stdio: ['ignore', 'inherit', 'inherit'] };

/** Runs a command whose output is shown; true when it ended well. */
async function succeeds(command: string, args: readonly string[]): Promise<boolean> {
  const child = spawn(command, args, options);
  const [code] = (await once(child, 'exit')) as [number | null];
  return code === 0;
}

/** A check that passes or fails as a whole. */
const check =
  (tool: string, ...args: string[]) =>
  async (): Promise<Count> => {
    const good = await succeeds(npmTool(tool), args);
    return { passed: good ? 1 : 0, failed: good ? 0 : 1 };
  };

/** Files that failed outside their tests: while they were loaded, or in a hook. */
const brokenFiles = ({ testResults }: Report): number =>
  testResults.filter(
    ({ status, assertionResults }) =>
      status === 'failed' && assertionResults.every((test) => test.status !== 'failed'),
  ).length;

/** A vitest run; a test that did not run counts as failed. */
const tests =
  (name: string, ...args: string[]) =>
  async (): Promise<Count> => {
    const file = inProject('test-output', `${name}.json`);
    await rm(file, { force: true });
    const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${file}`];
    const good = await succeeds(npmTool('vitest'), ['run', ...reporters, ...args]);
    const text = await readFile(file, 'utf8').catch(() => undefined);
    if (text === undefined) return { passed: 0, failed: 1 };
    const report = JSON.parse(text) as Report;
    const failed = report.numTotalTests - report.numPassedTests + brokenFiles(report);
    return { passed: report.numPassedTests, failed: good ? failed : Math.max(failed, 1) };
  };

const GRAMMARS = ['hmm', 'hmm-listing'].flatMap((name) => ['-g', `media/${name}.tmLanguage.json`]);

const suites: readonly (readonly [string, () => Promise<Count>])[] = [
  ['format and lint', check('biome', 'check', '--error-on-warnings', '.')],
  ['directions of imports', check('depcruise', '--config', '.dependency-cruiser.cjs', 'src')],
  ['exports and dependencies that nobody uses', check('knip')],
  ['types', check('tsc', '--noEmit')],
  ['types of the pictures', check('tsc', '--noEmit', '-p', 'src/views')],
  ['what the grammars colour', check('vscode-tmgrammar-test', ...GRAMMARS, 'test/grammar/*.hmm-test')],
  ['tests without an editor', tests('unit')],
  ['tests inside the extension host', testInBrowserEdition],
  ['tests in a real editor', tests('editor', '--config', 'test/editor/vitest.config.ts')],
];

await mkdir(inProject('test-output'), { recursive: true });
const sum: Count = { passed: 0, failed: 0 };
for (const [name, suite] of suites) {
  console.log(`\n== ${name}`);
  const start = Date.now();
  const { passed, failed } = await suite().catch((error: unknown) => {
    console.error(error);
    return { passed: 0, failed: 1 };
  });
  sum.passed += passed;
  sum.failed += failed;
  console.log(`== ${name}: ${passed} passed, ${failed} failed, ${Math.round((Date.now() - start) / 1000)} s`);
}
console.log(`\n${sum.passed} passed, ${sum.failed} failed`);
process.exitCode = sum.failed === 0 ? 0 : 1;
