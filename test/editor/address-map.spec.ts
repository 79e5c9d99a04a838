import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { EditorWindow } from './editor-window';

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

beforeAll(async () => {
  window = await EditorWindow.open({ 'map.hmm': scenario });
  await window.showDebugViews();
});

afterAll(() => window.close());

/** Stopped at the first fault, with all the room for the picture and Page Tables. */
beforeEach(async () => {
  await window.startDebugging();
  await window.rows('Call Stack', 'do_swap_page').waitFor();
  await window.collapsePanes('Callbacks', 'Pending Faults', 'Devices', 'Zones');
  await window.expandPanes('Address Map', 'Page Tables');
  await picture().getByText('gpu0 rw: 100 pages').waitFor();
});

/** The page inside the webview of the Address Map. */
const picture = () =>
  window.page.frameLocator('iframe.webview.ready').frameLocator('iframe#active-frame').locator('body');

test('the address map shows where the pages are, and the fault', async () => {
  await picture().getByText('RAM r-: 20 pages').waitFor();
  expect(await picture().locator('#line').textContent()).toMatch(/^buf\[7\] · gpu0 rw · fault pending · 0x/);
});

test('the keyboard moves over the pages, and a table says the same', async () => {
  const map = picture().locator('#picture');
  await map.focus();
  await window.page.keyboard.press('End');
  await expect.poll(() => picture().locator('#line').textContent()).toMatch(/^buf\[199\] · RAM rw/);
  await window.page.keyboard.press('ArrowRight');
  await expect.poll(() => picture().locator('#line').textContent()).toMatch(/^buf\[200\] · RAM r-/);
  const rows = await picture().locator('#rows tr').allTextContents();
  expect(rows).toContain('buf[200..220]RAM r-');
  await window.page.keyboard.press('w');
  await window.page.locator('.repl').getByText('buf[200]').first().waitFor();
});

test('Enter leads to the entry in Page Tables', async () => {
  await picture().locator('#picture').focus();
  await window.page.keyboard.press('End');
  await window.page.keyboard.press('ArrowRight');
  await window.page.keyboard.press('Enter');
  await window.rows('Page Tables', 'buf[200]').first().waitFor();
  await window.screenshot('address-map');
});
