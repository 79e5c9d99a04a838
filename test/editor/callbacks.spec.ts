import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { setCondition } from './condition';
import { EditorWindow } from './editor-window';

/** With a configuration the editor shows Breakpoints before the first session too. */
const launch = JSON.stringify({
  version: '0.2.0',
  configurations: [
    { type: 'hmm', request: 'launch', name: 'run one.hmm', program: `\${workspaceFolder}/one.hmm` },
  ],
});

let window: EditorWindow;
beforeAll(async () => {
  window = await EditorWindow.open({ 'one.hmm': '# nothing yet\n', '.vscode/launch.json': launch });
  await window.showDebugViews();
});
afterAll(() => window.close());
beforeEach(() => window.expandPanes('Callbacks', 'Breakpoints'));

const box = (callback: string) => window.rows('Callbacks', callback).getByRole('checkbox');

test('a check box adds and removes a function breakpoint', async () => {
  await window.setChecked(box('page_fault'), true);
  const breakpoint = window.rows('Breakpoints', 'page_fault');
  await breakpoint.waitFor();
  expect(await breakpoint.getByRole('checkbox').isChecked()).toBe(true);
  await window.screenshot('callbacks-checked');

  await window.setChecked(box('page_fault'), false);
  await breakpoint.waitFor({ state: 'detached' });
});

test("another kernel's name of the callback, typed in Breakpoints, checks the box", async () => {
  await window.addFunctionBreakpoint('folio_free');
  const breakpoint = window.rows('Breakpoints', 'folio_free');
  await breakpoint.waitFor();
  await expect.poll(() => box('page_free').isChecked()).toBe(true);

  await window.setChecked(breakpoint.getByRole('checkbox'), false);
  await expect.poll(() => box('page_free').isChecked()).toBe(false);
});

test('a condition set on a callback is shown in both views and survives unchecking', async () => {
  await setCondition(window, 'invalidate', 'address in buf[0..4]');
  const breakpoint = window.rows('Breakpoints', 'invalidate');
  await breakpoint.filter({ hasText: 'address in buf[0..4]' }).waitFor();

  await window.setChecked(box('invalidate'), false);
  await expect.poll(() => breakpoint.getByRole('checkbox').isChecked()).toBe(false);
  await breakpoint.filter({ hasText: 'address in buf[0..4]' }).waitFor();
});

test('a log message set on a callback is written at each of its calls, and the run goes on', async () => {
  await window.write(`device gpu0 private 64MiB driver dmirror
process app {
    buf = mmap 8KiB anon rw
    write buf = 1
    migrate buf to gpu0
    read buf
}
`);
  await window.expandPanes('Callbacks');
  await window.fromMenu(window.rows('Callbacks', 'page_free'), 'Edit Log Message');
  await window.answer('{page.refcount} references at {time}');
  await window.rows('Callbacks', 'page_free').filter({ hasText: 'logs {page.refcount}' }).waitFor();
  await window.startDebugging();
  await window.rows('Call Stack', 'do_swap_page').waitFor();
  await window.move('debug-continue');
  await window.consoleLine(/\d references at \d+/).waitFor();
  await window.screenshot('callbacks-log-message');
});
