import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
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
  await window.setCondition('invalidate', 'address in buf[0..4]');
  const breakpoint = window.rows('Breakpoints', 'invalidate');
  await breakpoint.filter({ hasText: 'address in buf[0..4]' }).waitFor();

  await window.setChecked(box('invalidate'), false);
  await expect.poll(() => breakpoint.getByRole('checkbox').isChecked()).toBe(false);
  await breakpoint.filter({ hasText: 'address in buf[0..4]' }).waitFor();
});
