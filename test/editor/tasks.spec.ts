import { afterAll, beforeAll, expect, test } from 'vitest';
import { onePage } from '../adapter/one-page';
import { EditorWindow } from './editor-window';

const threads = onePage('write buf[0] = 0x22\n        read buf[0]', 'read buf[0]\n        read buf[0]');
const scenario = `# Two threads touch one page of the device.\n${threads}`;

let window: EditorWindow;
beforeAll(async () => {
  window = await EditorWindow.open({ 'tasks.hmm': scenario });
  await window.language.filter({ hasText: 'HMM' }).waitFor();
  await window.showDebugViews();
});
afterAll(() => window.close());

const time = async () =>
  /time (\d+)/.exec(
    (await window.page.locator('.statusbar-item[id$="hmm.time"]').textContent()) ?? '',
  )?.[1] ?? '';
const thread = (name: string) => window.rows('Call Stack', new RegExp(`^app\\.${name}`));
const notice = (sentence: string | RegExp) =>
  window.page.locator('.notifications-toasts .notification-list-item-message', { hasText: sentence });

/** Opens the menu of a thread, which need not be the selected one, and uses an entry. */
async function fromMenu(row: ReturnType<typeof thread>, entry: string): Promise<void> {
  await row.click({ button: 'right' });
  await window.page.locator('.context-view .action-label', { hasText: entry }).click();
}

test('a thread that did not stop is just paused, also after another one has stopped', async () => {
  await window.startDebugging();
  await window.rows('Call Stack', 'do_swap_page').first().waitFor();
  await window.collapsePanes('Watch', 'Breakpoints', 'Callbacks', 'Page Tables', 'Variables');
  await thread('B').filter({ hasText: 'Paused on function breakpoint' }).waitFor();
  await thread('A')
    .filter({ hasText: /Paused$/ })
    .waitFor();
});

test('the menu of a thread steps that one alone, whichever is selected', async () => {
  await fromMenu(thread('A'), 'Step Only This Task');
  await thread('A').filter({ hasText: 'Paused on step' }).waitFor();
  await thread('B')
    .filter({ hasText: /Paused$/ })
    .waitFor();
  await window.rows('Call Stack', 'tasks.hmm12:').waitFor();
});

test('a task is chosen from a list of those that can run, and runs until it blocks', async () => {
  const before = await time();
  await window.command('HMM: Choose the Task That Runs Next');
  const choices = window.page.locator('.quick-input-list .monaco-list-row');
  await choices.filter({ hasText: /^app\.A/ }).waitFor();
  await window.screenshot('choose-the-task-that-runs-next');
  await choices.filter({ hasText: /^app\s*line 20/ }).click();
  await expect.poll(time).not.toBe(before);
  await window.rows('Call Stack', /^appPaused, can't go on/).waitFor();
  await window.page.locator('.repl .monaco-list-row', { hasText: 'app waits for app.A to end.' }).waitFor();
});

test('a task that can not run says why, and who can', async () => {
  await fromMenu(window.rows('Call Stack', /^appPaused/), 'Run Only This Task Until It Blocks');
  await notice('app waits for app.A to end; app.A and app.B can run.').waitFor();
  await window.command('Notifications: Clear All Notifications');
});

test('going back and forward again repeats the choices', async () => {
  const chosen = await time();
  const stack = await window.rows('Call Stack').allTextContents();
  await window.toolbar('debug-step-back').click();
  await expect.poll(time).not.toBe(chosen);
  await window.toolbar('debug-step-over').click();
  await expect.poll(time).toBe(chosen);
  await expect.poll(() => window.rows('Call Stack').allTextContents()).toEqual(stack);
});

test('from a pending fault to who waits for whom', async () => {
  await window.expandPane('Pending Faults');
  const fault = window.rows('Pending Faults', 'app.B: read buf[0]');
  await fault.hover();
  await fault.locator('.action-label[aria-label="Show Who Waits for Whom"]').click();
  await window.page
    .locator('.repl .monaco-list-row', { hasText: /app → app\.A to end → app\.A, in / })
    .waitFor();
  await window.screenshot('choices-and-waits');
});

test('the schedule that ran is copied', async () => {
  await window.command('HMM: Copy the Schedule That Ran');
  await window.page.locator('.statusbar', { hasText: 'The schedule is on the clipboard.' }).waitFor();
});
