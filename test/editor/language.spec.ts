import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { EditorWindow, soon } from './editor-window';
import { repeat } from './repeat';

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
beforeEach(() => window.write(scenario));

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
  await window.expandPanes('Page Tables');
  await window.pane('Page Tables').getByText('Open Example').waitFor();
  await window.screenshot('views-without-a-session');
});

test('a mistake is underlined while typing, with the nearest right word, and goes when mended', async () => {
  const { page } = window;
  const problem = page.locator('.markers-panel .monaco-list-row', { hasText: 'process' }).first();
  await window.write(`${scenario}proces other {`);
  await window.command('Problems: Focus on Problems View', () => problem.isVisible());
  await page.locator('.squiggly-error').first().waitFor();
  await window.screenshot('a-mistake');

  await window.write(scenario);
  await expect.poll(() => page.locator('.squiggly-error').count()).toBe(0);
});

test('words are completed and explained, and a scenario is formatted', async () => {
  const { page } = window;
  await window.write(`${scenario}mach`);
  const suggestion = page.locator('.suggest-widget .monaco-list-row', { hasText: 'machine' }).first();
  await repeat(
    'suggestions',
    () => page.keyboard.press('Control+Space'),
    () => suggestion.isVisible(),
  );
  await page.keyboard.press('Enter');
  await page.keyboard.type('   {  cpus   1 ');
  const formatted = page.locator('.view-line', { hasText: /^machine\s\{\scpus\s1\s\}$/ });
  await window.command('Format Document', () => formatted.isVisible());

  const explanation = page.locator('.monaco-hover', { hasText: 'Maps memory and names it' });
  await repeat(
    'the explanation of a word',
    () => page.locator('.view-line span', { hasText: /^mmap$/ }).hover(soon),
    () => explanation.isVisible(),
  );
});
