/** What a person who has never seen this has on the screen, at the sizes of common screens, in each kind of theme. */

import { readFileSync } from 'node:fs';
import { afterEach, describe, expect, test } from 'vitest';
import { inProject } from '../tools/project';
import { EditorWindow, type Size, soon } from './editor-window';
import { repeat } from './repeat';

const SMALL: Size = { width: 1366, height: 768 };
const LARGE: Size = { width: 1920, height: 1080 };

const bundled = (...path: string[]) => readFileSync(inProject('scenarios', ...path), 'utf8');

const large = `# A large buffer, parts of it on the device.
device gpu0 private 80GiB driver dmirror
process app {
    buf = mmap 256MiB anon rw
    write buf = 1
    migrate buf[0..4096] to gpu0
    migrate buf[30000..40000] to gpu0
    read buf[31000]
}
`;

const failing = `# Two of three expectations fail.
profile 6.12
device gpu0 private 64MiB driver dmirror
process app {
    buf = mmap 64KiB anon rw
    write buf[0] = 0x11
    migrate buf[0] to gpu0
    read buf[0] expect 0x12
    expect buf[0].page.zone == Device
    expect gpu0.used == 0
}
`;

const settings = (theme: string) => JSON.stringify({ 'workbench.colorTheme': theme });

let window: EditorWindow;
afterEach(() => window.close());

async function open(name: string, text: string, size: Size, theme?: string): Promise<void> {
  const folder = theme === undefined ? {} : { '.vscode/settings.json': settings(theme) };
  window = await EditorWindow.open({ [name]: text, ...folder }, size);
}

/** Stops at the first page_fault, as a user does who has done nothing but press F5. */
async function firstStop(): Promise<void> {
  await window.run();
  await window.clock.filter({ hasText: /time \d/ }).waitFor();
  await window.rows('Callbacks', 'page_fault').waitFor();
}

/** Whether a view has begun to show its rows within the window. */
async function isOnScreen(pane: string, size: Size): Promise<boolean> {
  const row = window.rows(pane).first();
  const box = (await row.count()) > 0 ? await row.boundingBox() : null;
  return box !== null && box.y + box.height <= size.height && box.x + 50 <= size.width;
}

describe.each([
  ['1366', SMALL],
  ['1920', LARGE],
] as const)('at %s pixels', (name, size) => {
  test('the first stop has the kernel, the scenario, and our first views on the screen', async () => {
    await open('page-comes-home.hmm', bundled('page-comes-home.hmm'), size);
    await firstStop();
    for (const pane of ['Callbacks', 'Page Tables', 'Variables', 'Call Stack'])
      await expect.poll(() => isOnScreen(pane, size), { message: pane }).toBe(true);
    await window.page.locator('.statusbar-item[id$="hmm.profile"]', { hasText: 'Linux 6.12' }).waitFor();
    await window.screenshot(`looks-first-stop-${name}`);
  });

  test('a large buffer is a few rows', async () => {
    await open('large.hmm', large, size);
    await firstStop();
    await window
      .rows('Page Tables', /buf\[31000\]/)
      .filter({ hasText: 'fault pending' })
      .waitFor();
    await window.screenshot(`looks-large-${name}`);
  });

  test('the end of a failing run is red, counted, and listed with links', async () => {
    await open('failing.hmm', failing, size);
    const count = '2 of 3 expectations failed';
    const outcome = window.page.locator('.statusbar-item[id$="hmm.outcome"]', { hasText: count });
    const runToTheEnd = async () => {
      await window.page.locator('.monaco-editor .view-line').first().click(soon);
      await window.page.keyboard.press('Control+F5');
    };
    await repeat('Ctrl+F5', runToTheEnd, () => outcome.isVisible());
    await window.consoleLine('2 of 3 expectations failed.').waitFor();
    for (const line of [8, 9]) await window.consoleLine(`line ${line}: expected `).waitFor();
    await window.screenshot(`looks-failing-run-${name}`);
    const problems = window.page.locator('.markers-panel .monaco-list-row', { hasText: 'expected' });
    await window.command('Problems: Focus on Problems View', async () => (await problems.count()) === 2);
    await window.screenshot(`looks-failing-run-problems-${name}`);
  });

  test('Devices shows the mirror, what differs is marked, and both tables stand side by side', async () => {
    await open('stale.hmm', bundled('races', 'stale-device-mapping.hmm'), size);
    await window.run();
    await window.clock.filter({ hasText: /time \d/ }).waitFor();
    await window.command('HMM: Focus on Devices View', () => isOnScreen('Devices', size));
    await window.collapsePanes('Callbacks', 'Page Tables', 'Address Map', 'Pending Faults');
    await window.rows('Devices', /mirror of app.*≠ 1 range/).waitFor();
    await window.rows('Devices', /buf\[0\].*≠/).waitFor();
    const tables = window.page.locator('.view-line', { hasText: 'mirror of gpu0' });
    await window.command('HMM: CPU Table Beside Device Mirror', () => tables.isVisible());
    await window.screenshot(`looks-mirror-${name}`);
  });

  test('two threads in one fault say who waits', async () => {
    await open('two-threads.hmm', bundled('two-threads.hmm'), size);
    await firstStop();
    await window.rows('Call Stack', 'runs next').waitFor();
    await window.screenshot(`looks-two-threads-${name}`);
  });
});

test.each([
  ['light', 'Default Light Modern'],
  ['dark', 'Default Dark Modern'],
  ['high-contrast', 'Default High Contrast'],
  ['high-contrast-light', 'Default High Contrast Light'],
])('the first stop in %s', async (name, theme) => {
  await open('page-comes-home.hmm', bundled('page-comes-home.hmm'), SMALL, theme);
  await firstStop();
  await expect.poll(() => isOnScreen('Page Tables', SMALL)).toBe(true);
  await window.screenshot(`looks-${name}`);
});
