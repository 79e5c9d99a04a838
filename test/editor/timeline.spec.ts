import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { EditorWindow, soon } from './editor-window';
import { Picture } from './picture';
import { repeat } from './repeat';

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
let picture: Picture;

beforeAll(async () => {
  window = await EditorWindow.openForDebugging({ 'timeline.hmm': scenario });
});

afterAll(() => window.close());

beforeEach(async () => {
  await window.startAtFault();
  await window.showInPanel('Timeline');
  picture = await Picture.of(window, 'timeline');
  await picture.body.getByText(/^\d+ events/).waitFor();
});

test('the keyboard walks over the events and goes to the time of one', async () => {
  const keys = ['ArrowUp', 'ArrowUp', 'ArrowUp', 'ArrowDown', 'ArrowDown', 'Home'];
  await picture.pressUntil(keys, /app · fault · time \d+ to \d+ · write fault at buf\[0\]/);
  const rows = await picture.rows();
  expect(rows.some((row) => /^app\d+migrate_vma_setup buf\[0\], 8 pages/.test(row))).toBe(true);
  const time = /time (\d+)/.exec(await picture.line())?.[1];
  await picture.press(['Enter'], async () => (await window.time()) === time);
  await expect
    .poll(() => picture.body.locator('#time').textContent())
    .toMatch(new RegExp(`^time ${time} of`));
});

test('zooming shows a part of time, the slider goes to another time', async () => {
  await window.screenshot('timeline');
  await picture.body.locator('#picture').focus();
  await window.page.keyboard.press('+');
  await window.page.keyboard.press('+');
  const all = await picture.body.locator('#rows tr').count();
  expect(all).toBeGreaterThan(0);
  const toTheStart = () => picture.body.locator('#now').press('Home', soon);
  await repeat('the slider', toTheStart, async () => (await window.time()) === '0');
  await window.screenshot('timeline-zoomed');
});
