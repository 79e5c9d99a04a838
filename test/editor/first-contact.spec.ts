import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { EditorWindow } from './editor-window';

const scenario = `profile 4.14
device gpu0 private 64MiB driver dmirror

process app {
    buf = mmap 64KiB anon rw
    write buf[0] = 0x11
    migrate buf[0] to gpu0
    read buf[0] expect 0x11
}
`;

let window: EditorWindow;
beforeAll(async () => {
  window = await EditorWindow.openForDebugging({ 'home.hmm': scenario });
});
afterAll(() => window.close());

/** F5 without any breakpoint stops at the first page_fault. */
beforeEach(async () => {
  await window.startDebugging();
  await window.expandPanes('Call Stack');
  await window.rows('Call Stack', 'do_swap_page').waitFor();
});

test('F5 without any breakpoint stops at the first page_fault', async () => {
  await window.expandPanes('Page Tables', 'Pending Faults');
  await window.rows('Page Tables', 'app').first().waitFor();
  await window.rows('Pending Faults', 'app: read buf[0]').waitFor();
});

test('under 4.14 the page is entered with its base reference and that of its entry', async () => {
  await window.collapsePanes('Watch', 'Breakpoints', 'Call Stack', 'Pending Faults', 'Page Tables');
  await window.expand(window.rows('Variables', /^This Page/));
  await window.expand(window.rows('Variables', /^refcount\s*=\s*2/));
  await window.rows('Variables', /^PTE \(device-private\) of app: buf\[0\]\s*=\s*1/).waitFor();
  await window.rows('Variables', /^mapcount\s*=\s*1/).waitFor();
  await window.screenshot('first-contact-4.14');
  expect(await window.rows('Variables', /^fault by/).count()).toBe(0);
});

test('zones and devices are shown, and a device that changed says so', async () => {
  await window.collapsePanes('Watch', 'Breakpoints', 'Variables', 'Pending Faults', 'Page Tables');
  await window.expandPanes('Zones', 'Devices');
  await window.rows('Devices', 'gpu0').filter({ hasText: '1 of 16384 pages used' }).waitFor();
  await window.rows('Zones', 'Device').filter({ hasText: 'handed out by drivers' }).waitFor();
  await window.move('debug-step-out');
  await window.rows('Devices', 'gpu0').filter({ hasText: '0 of 16384 pages used · changed' }).waitFor();
  await window.screenshot('zones-and-devices');
});
