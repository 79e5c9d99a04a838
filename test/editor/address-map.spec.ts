import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { EditorWindow } from './editor-window';
import { Picture } from './picture';

const scenario = `profile 6.12
device gpu0 private 64MiB driver dmirror

process app {
    buf = mmap 256 pages anon rw
    write buf = 0x11
    migrate buf[0..100] to gpu0
    mprotect buf[200..220] r
    read buf[7] expect 0x11
}
`;

let window: EditorWindow;
let picture: Picture;

beforeAll(async () => {
  window = await EditorWindow.openForDebugging({ 'map.hmm': scenario });
});

afterAll(() => window.close());

beforeEach(async () => {
  await window.startAtFault();
  await window.collapsePanes('Callbacks', 'Pending Faults', 'Devices', 'Zones', 'Frame Map');
  await window.expandPanes('Address Map', 'Page Tables');
  picture = await Picture.of(window, 'address-map');
  await picture.body.getByText('gpu0 rw: 100 pages').waitFor();
});

test('the address map shows where the pages are, and the fault', async () => {
  await picture.body.getByText('RAM r-: 20 pages').waitFor();
  expect(await picture.line()).toMatch(/^buf\[7\] · gpu0 rw · fault pending · 0x/);
});

test('the keyboard moves over the pages, a table says the same, and Enter leads to the entry', async () => {
  await picture.pressUntil(['End'], /buf\[199\] · RAM rw/);
  await picture.pressUntil(['End', 'ArrowRight'], /buf\[200\] · RAM r-/);
  expect(await picture.rows()).toContain('buf[200..220]RAM r-');
  const watched = window.page.locator('.repl').getByText('buf[200]').first();
  await picture.press(['w'], () => watched.isVisible());
  await picture.press(['Enter'], () => window.rows('Page Tables', 'buf[200]').first().isVisible());
});

test('M shows beside it what the device maps', async () => {
  const mirrored = picture.body.getByText(/^the device may read and write: \d+ pages/);
  await picture.press(['m'], () => mirrored.isVisible());
  expect(await picture.body.locator('#mirrors').getAttribute('aria-pressed')).toBe('true');
  const rows = await picture.rows();
  expect(rows.some((row) => /^gpu0's buf\[\d+\.\.\d+\]the device may read and write/.test(row))).toBe(true);
  await window.screenshot('address-map');
});
