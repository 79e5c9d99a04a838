import type { Locator } from 'playwright-core';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { EditorWindow, soon } from './editor-window';

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
let picture: Locator;

beforeAll(async () => {
  window = await EditorWindow.open({ 'map.hmm': scenario });
  await window.showDebugViews();
});

afterAll(() => window.close());

beforeEach(async () => {
  await window.startDebugging();
  await window.rows('Call Stack', 'do_swap_page').waitFor();
  await window.collapsePanes('Callbacks', 'Pending Faults', 'Devices', 'Zones', 'Frame Map');
  await window.expandPanes('Address Map', 'Page Tables');
  picture = await window.picture('address-map');
  await picture.getByText('gpu0 rw: 100 pages').waitFor();
});

const line = () => picture.locator('#line').textContent(soon);
const at = async (buffer: string) => (await line())?.startsWith(buffer) ?? false;

test('the address map shows where the pages are, and the fault', async () => {
  await picture.getByText('RAM r-: 20 pages').waitFor();
  expect(await line()).toMatch(/^buf\[7\] · gpu0 rw · fault pending · 0x/);
});

test('the keyboard moves over the pages, a table says the same, and Enter leads to the entry', async () => {
  await window.press(picture, ['End'], () => at('buf[199]'));
  expect(await line()).toMatch(/^buf\[199\] · RAM rw/);
  await window.press(picture, ['End', 'ArrowRight'], () => at('buf[200]'));
  expect(await line()).toMatch(/^buf\[200\] · RAM r-/);
  expect(await picture.locator('#rows tr').allTextContents()).toContain('buf[200..220]RAM r-');
  const watched = window.page.locator('.repl').getByText('buf[200]').first();
  await window.press(picture, ['w'], () => watched.isVisible());
  await window.press(picture, ['Enter'], () => window.rows('Page Tables', 'buf[200]').first().isVisible());
});

test('M shows beside it what the device maps', async () => {
  const mirrored = picture.getByText(/^the device may read and write: \d+ pages/);
  await window.press(picture, ['m'], () => mirrored.isVisible());
  expect(await picture.locator('#mirrors').getAttribute('aria-pressed')).toBe('true');
  const rows = await picture.locator('#rows tr').allTextContents();
  expect(rows.some((row) => /^gpu0's buf\[\d+\.\.\d+\]the device may read and write/.test(row))).toBe(true);
  await window.screenshot('address-map');
});
