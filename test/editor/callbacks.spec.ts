import { afterAll, beforeAll, expect, test } from 'vitest';
import { EditorWindow } from './editor-window';

let window: EditorWindow;
beforeAll(async () => {
  window = await EditorWindow.open({ 'one.hmm': '# nothing yet\n' });
  await window.language.filter({ hasText: 'HMM' }).waitFor();
  await window.showDebugViews();
  await window.expandPane('Callbacks');
});
afterAll(() => window.close());

const box = (callback: string) => window.rows('Callbacks', callback).getByRole('checkbox');

test('a check box adds and removes a function breakpoint', async () => {
  await box('page_fault').click();
  const breakpoint = window.rows('Breakpoints', 'page_fault');
  await breakpoint.waitFor();
  expect(await breakpoint.getByRole('checkbox').isChecked()).toBe(true);
  await window.screenshot('callbacks-checked');

  await box('page_fault').click();
  await breakpoint.waitFor({ state: 'detached' });
});

test("another kernel's name of the callback, typed in Breakpoints, checks the box", async () => {
  await box('page_fault').click();
  // The row's arrival redraws Breakpoints, which would close the input below.
  await window.rows('Breakpoints', 'page_fault').waitFor();
  await window.pane('Breakpoints').locator('.pane-header').hover();
  await window.page.locator('.action-label[aria-label*="Add Function Breakpoint"]').click();
  await window.pane('Breakpoints').locator('.monaco-inputbox input').fill('folio_free');
  await window.page.keyboard.press('Enter');
  await expect.poll(() => box('page_free').isChecked()).toBe(true);

  await window.rows('Breakpoints', 'folio_free').getByRole('checkbox').click();
  await expect.poll(() => box('page_free').isChecked()).toBe(false);
});

test('a condition set on a callback is shown in both views and survives unchecking', async () => {
  const row = window.rows('Callbacks', 'invalidate');
  await row.hover();
  await row.locator('.action-label[aria-label="Edit Condition"]').click();
  await window.page.locator('.quick-input-widget input').fill('address in buf[0..4]');
  await window.page.keyboard.press('Enter');
  await row.filter({ hasText: 'if address in buf[0..4]' }).waitFor();
  const breakpoint = window.rows('Breakpoints', 'invalidate');
  await breakpoint.filter({ hasText: 'address in buf[0..4]' }).waitFor();

  await box('invalidate').click();
  await expect.poll(() => breakpoint.getByRole('checkbox').isChecked()).toBe(false);
  await breakpoint.filter({ hasText: 'address in buf[0..4]' }).waitFor();
});
