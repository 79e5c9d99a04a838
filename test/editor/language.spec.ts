import { afterAll, beforeAll, expect, test } from 'vitest';
import { EditorWindow } from './editor-window';

const scenario = `# A page goes to the device and comes home.
device gpu0 private 64MiB driver dmirror

process app {
    buf = mmap 64KiB anon rw
    write buf[0..4] = 0x11
}
`;

let window: EditorWindow;
beforeAll(async () => {
  window = await EditorWindow.open({ 'one.hmm': scenario });
});
afterAll(() => window.close());

test('a .hmm file opens as language HMM with colours', async () => {
  await window.language.filter({ hasText: 'HMM' }).waitFor();
  const line = window.page.locator('.view-line', { hasText: 'process' });
  await expect.poll(() => line.locator('span[class*="mtk"]').count()).toBeGreaterThan(2);
});

test('the sidebar views appear in Run and Debug', async () => {
  await window.showDebugViews();
  for (const title of ['Page Tables', 'Pending Faults', 'Zones', 'Devices', 'Callbacks']) {
    await window.pane(title).waitFor();
  }
  await window.expandPane('Page Tables');
  await window.pane('Page Tables').getByText('Open Example').waitFor();
  await window.screenshot('views-without-a-session');
});

test('a mistake is underlined while typing, with the nearest right word, and goes when mended', async () => {
  const { page } = window;
  const problems = page.locator('.marker-widget, .markers-panel .monaco-list-row');
  await window.command('Problems: Focus on Problems View');
  await window.command('View: Focus Active Editor Group');
  await page.keyboard.press('Control+End');
  await page.keyboard.type('proces other {');
  await problems.filter({ hasText: 'process' }).first().waitFor();
  await page.locator('.squiggly-error').first().waitFor();
  await window.screenshot('a-mistake');

  for (let key = 0; key < 'proces other {'.length; key++) await page.keyboard.press('Backspace');
  await expect.poll(() => page.locator('.squiggly-error').count()).toBe(0);
});

test('words are completed and explained, and a scenario is formatted', async () => {
  const { page } = window;
  await page.keyboard.press('Control+End');
  await page.keyboard.type('mach');
  await page.keyboard.press('Control+Space');
  await page.locator('.suggest-widget .monaco-list-row', { hasText: 'machine' }).first().waitFor();
  await page.keyboard.press('Enter');
  await page.keyboard.type('   {  cpus   1 ');
  await window.command('Format Document');
  const formatted = page.locator('.view-line', { hasText: /^machine\s\{\scpus\s1\s\}$/ });
  await formatted.waitFor();

  await page.locator('.view-line span', { hasText: /^mmap$/ }).hover();
  await page.locator('.monaco-hover', { hasText: 'Maps memory and names it' }).waitFor();
});
