import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { EditorWindow, soon } from './editor-window';
import { Picture } from './picture';
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
let picture: Picture;

beforeAll(async () => {
  window = await EditorWindow.openForDebugging({ 'frames.hmm': scenario });
});

afterAll(() => window.close());

beforeEach(async () => {
  await window.startAtFault();
  await window.collapsePanes('Callbacks', 'Page Tables', 'Pending Faults', 'Devices', 'Zones', 'Address Map');
  await window.expandPanes('Frame Map');
  picture = await Picture.of(window, 'frame-map');
  await picture.body.getByText(/^anonymous: \d+ pages/).waitFor();
});

test('the frame map of a device of 80 GiB is zoomed into down to the faulting page, which leads to its entry', async () => {
  expect(await picture.line()).toMatch(
    /^gpu0 pfn 0x[0-9a-f]+\.\.0x[0-9a-f]+ · among others anonymous · fault pending/,
  );
  for (let shown = await picture.line(); shown.includes('..'); shown = await picture.line())
    await picture.press(['Enter'], async () => (await picture.line()) !== shown);
  await expect
    .poll(() => picture.line())
    .toMatch(/^gpu0 pfn 0x[0-9a-f]+ · anonymous(, locked)? · fault pending/);
  await window.screenshot('frame-map');
  await window.expandPanes('Page Tables');
  await picture.press(['Enter'], () => window.rows('Page Tables', 'buf[7]').first().isVisible());
  await picture.press(['Escape'], async () => /pfn 0x[0-9a-f]+\.\.0x/.test(await picture.line()));
});

test('frames are told apart by their buffer, and found by number, also from within another part', async () => {
  const out = picture.body.locator('#out');
  await picture.press(['End', 'Enter'], () => out.isVisible());
  await picture.body.locator('#colour').selectOption('buffer');
  await picture.body.getByText(/^buf: \d+ pages/).waitFor();
  const find = async () => {
    await picture.body.locator('#find').fill('0x100', soon);
    await picture.body.locator('#find').press('Enter', soon);
  };
  await repeat('finding a frame', find, async () => /^node0 /.test(await picture.line()));
  expect(await out.isVisible()).toBe(false);
});
