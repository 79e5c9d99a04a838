import type { Locator } from 'playwright-core';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { EditorWindow, soon } from './editor-window';

const scenario = `profile 6.12
device gpu0 private 64MiB driver dmirror

process app {
    buf = mmap 64 pages anon rw
    write buf[0..16] = 0x11
    migrate buf[0..8] to gpu0
    read buf[3] expect 0x11
    read buf[5] expect 0x11
}
`;

let window: EditorWindow;
let picture: Locator;

beforeAll(async () => {
  window = await EditorWindow.open({ 'timeline.hmm': scenario });
  await window.showDebugViews();
});

afterAll(() => window.close());

beforeEach(async () => {
  await window.startDebugging();
  await window.rows('Call Stack', 'do_swap_page').waitFor();
  await window.showInPanel('Timeline');
  picture = await window.picture('timeline');
  await picture.getByText(/^\d+ events/).waitFor();
});

const line = () => picture.locator('#line').textContent(soon);

test('the keyboard walks over the events and goes to the time of one', async () => {
  const firstFault = /^app · fault · time \d+ to \d+ · write fault at buf\[0\]/;
  await window.press(picture, ['ArrowUp', 'ArrowUp', 'ArrowUp', 'ArrowDown', 'ArrowDown', 'Home'], async () =>
    firstFault.test((await line()) ?? ''),
  );
  const rows = await picture.locator('#rows tr').allTextContents();
  expect(rows.some((row) => /^app\d+migrate_vma_setup buf\[0\], 8 pages/.test(row))).toBe(true);
  const time = /time (\d+)/.exec((await line()) ?? '')?.[1];
  await window.press(picture, ['Enter'], async () => (await window.time()) === time);
  await expect.poll(() => picture.locator('#time').textContent()).toMatch(new RegExp(`^time ${time} of`));
});

test('zooming shows a part of time, the slider goes to another time', async () => {
  await window.screenshot('timeline');
  await picture.locator('#picture').focus();
  await window.page.keyboard.press('+');
  await window.page.keyboard.press('+');
  const all = await picture.locator('#rows tr').count();
  expect(all).toBeGreaterThan(0);
  await picture.locator('#now').focus();
  await window.page.keyboard.press('Home');
  await expect.poll(() => window.time()).toBe('0');
  await window.screenshot('timeline-zoomed');
});
