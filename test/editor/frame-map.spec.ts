import type { Locator } from 'playwright-core';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { EditorWindow, soon } from './editor-window';
import { repeat } from './repeat';

const scenario = `profile 6.12
device gpu0 private 80GiB driver dmirror

process app {
    buf = mmap 256 pages anon rw
    write buf = 0x11
    migrate buf[0..100] to gpu0
    read buf[7] expect 0x11
}
`;

let window: EditorWindow;
let picture: Locator;

beforeAll(async () => {
  window = await EditorWindow.open({ 'frames.hmm': scenario });
  await window.showDebugViews();
});

afterAll(() => window.close());

beforeEach(async () => {
  await window.startDebugging();
  await window.rows('Call Stack', 'do_swap_page').waitFor();
  await window.collapsePanes('Callbacks', 'Page Tables', 'Pending Faults', 'Devices', 'Zones', 'Address Map');
  await window.expandPanes('Frame Map');
  picture = await window.picture('frame-map');
  await picture.getByText(/^anonymous: \d+ pages/).waitFor();
});

const line = () => picture.locator('#line').textContent(soon);

test('the frame map of a device of 80 GiB is zoomed into down to the faulting page, which leads to its entry', async () => {
  expect(await line()).toMatch(
    /^gpu0 pfn 0x[0-9a-f]+\.\.0x[0-9a-f]+ · among others anonymous · fault pending/,
  );
  for (let shown = await line(); shown?.includes('..'); shown = await line())
    await window.press(picture, ['Enter'], async () => (await line()) !== shown);
  await expect.poll(line).toMatch(/^gpu0 pfn 0x[0-9a-f]+ · anonymous(, locked)? · fault pending/);
  await window.screenshot('frame-map');
  await window.expandPanes('Page Tables');
  await window.press(picture, ['Enter'], () => window.rows('Page Tables', 'buf[7]').first().isVisible());
  await window.press(picture, ['Escape'], async () => /pfn 0x[0-9a-f]+\.\.0x/.test((await line()) ?? ''));
});

test('frames are told apart by their buffer, and found by number', async () => {
  // The view keeps what it was zoomed into.
  await window.press(picture, ['Escape'], async () => !(await picture.locator('#out').isVisible()));
  await picture.locator('#colour').selectOption('buffer');
  await picture.getByText('buf: 256 pages').waitFor();
  const find = async () => {
    await picture.locator('#find').fill('0x100', soon);
    await picture.locator('#find').press('Enter', soon);
  };
  await repeat('finding a frame', find, async () => /^node0 /.test((await line()) ?? ''));
});
