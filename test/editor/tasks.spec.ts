import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { onePage } from '../adapter/one-page';
import { EditorWindow } from './editor-window';

const threads = onePage('write buf[0] = 0x22\n        read buf[0]', 'read buf[0]\n        read buf[0]');
const scenario = `# Two threads touch one page of the device.\n${threads}`;

let window: EditorWindow;
beforeAll(async () => {
  window = await EditorWindow.open({ 'tasks.hmm': scenario });
  await window.showDebugViews();
});
afterAll(() => window.close());

const thread = (name: string) => window.rows('Call Stack', new RegExp(`^app\\.${name} · `));

/** Thread B stands in its fault, thread A and the process do too or wait. */
beforeEach(async () => {
  await window.startDebugging();
  await window.collapsePanes('Watch', 'Breakpoints', 'Callbacks', 'Page Tables', 'Variables');
  await window.rows('Call Stack', 'do_swap_page').first().waitFor();
  await thread('B').filter({ hasText: 'First page_fault' }).waitFor();
});

/** Lets the process itself run, which waits for its threads. */
async function untilTheProcessWaits(): Promise<void> {
  await window.command('HMM: Choose the Task That Runs Next', () => window.choices.first().isVisible());
  await window.choices.filter({ hasText: /^app\.A/ }).waitFor();
  await window.screenshot('choose-the-task-that-runs-next');
  await window.choose(/^app\s*line 20/);
  await window.rows('Call Stack', /^app · .*Paused, can't go on/).waitFor();
}

test('a thread that did not stop is just paused, also after another one has stopped', async () => {
  await thread('A')
    .filter({ hasText: /Paused$/ })
    .waitFor();
});

test('the menu of a thread steps that one alone, whichever is selected', async () => {
  await window.fromMenu(thread('A'), 'Step Only This Task');
  await thread('A').filter({ hasText: 'Paused on step' }).waitFor();
  await thread('B')
    .filter({ hasText: /Paused$/ })
    .waitFor();
  await window.rows('Call Stack', 'tasks.hmm12:').waitFor();
});

test('a task is chosen from a list of those that can run, and runs until it blocks', async () => {
  await untilTheProcessWaits();
  await window.consoleLine('app waits for app.A to end.').waitFor();
});

test('a task that can not run says why, and who can', async () => {
  await untilTheProcessWaits();
  await window.fromMenu(window.rows('Call Stack', /^app · .*Paused/), 'Run Only This Task Until It Blocks');
  await expect
    .poll(() => window.notifications.allTextContents())
    .toContain('app waits for app.A to end; app.A and app.B can run.');
});

test('going back and forward again repeats the choices', async () => {
  await untilTheProcessWaits();
  const chosen = await window.time();
  const stack = await window.rows('Call Stack').allTextContents();
  await window.move('debug-step-back');
  await window.move('debug-step-over');
  await expect.poll(() => window.time()).toBe(chosen);
  await expect.poll(() => window.rows('Call Stack').allTextContents()).toEqual(stack);
});

test('from a pending fault to who waits for whom', async () => {
  await untilTheProcessWaits();
  await window.expandPanes('Pending Faults');
  const line = window.consoleLine(/app → app\.A to end/);
  const fault = window.rows('Pending Faults', 'app.B: read buf[0]');
  await window.rowAction(fault, 'Show Who Waits for Whom', () => line.isVisible());
  await window.screenshot('choices-and-waits');
});

test('the schedule that ran is copied', async () => {
  const said = window.page.locator('.statusbar', { hasText: 'The schedule is on the clipboard.' });
  await window.command('HMM: Copy the Schedule That Ran', () => said.isVisible());
});
