import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { setCondition } from './condition';
import { EditorWindow } from './editor-window';

const readLine = 9;
const scenario = `# Two pages come home; the session stops at the second.
profile 6.12
device gpu0 private 64MiB driver dmirror

process app {
    buf = mmap 64KiB anon rw
    write buf[0..4] = 0x11
    migrate buf[0..4] to gpu0
    read buf[1]; read buf[3]
    expect buf[3].page.zone != Device
    munmap buf
    expect gpu0.used == 0
}
`;

/** What a person sees of a stop, without the marks of what changed since the stop before. */
interface Seen {
  time: string;
  stack: string[];
  variables: string[];
  pageTables: string[];
}

let window: EditorWindow;
beforeAll(async () => {
  window = await EditorWindow.open({ 'two-faults.hmm': scenario });
  await window.showDebugViews();
});
afterAll(() => window.close());

async function texts(pane: string): Promise<string[]> {
  const rows = await window.rows(pane).allTextContents();
  return rows.map((text) => text.replace(/( · )?changed$/, ''));
}

/** Routines and places: how much of a file's path the editor shows depends on the stop before. */
async function stackSeen(): Promise<string[]> {
  const rows = window.rows('Call Stack');
  const names = await rows.locator('.label').allTextContents();
  const places = await rows.locator('.line-number').allTextContents();
  return names.map((name, i) => `${name} ${places[i]}`);
}

async function seen(): Promise<Seen> {
  return {
    time: await window.time(),
    stack: await stackSeen(),
    variables: await texts('Variables'),
    pageTables: await texts('Page Tables'),
  };
}

/** Page Tables opens by itself down to the entry that is faulting. */
async function faultingEntry(): Promise<void> {
  await window
    .rows('Page Tables', /buf\[3\]/)
    .filter({ hasText: 'gpu0 rw · fault pending' })
    .waitFor();
}

/** Shows the page of the fault, and who holds its references: the profile's entry and the fault itself. */
async function expandThisPage(): Promise<void> {
  await window.expand(window.rows('Variables', /^This Page/));
  await window.expand(window.rows('Variables', /^refcount\s*=\s*2/));
  await window.rows('Variables', /^PTE \(device-private\) of app: buf\[3\]\s*=\s*1/).waitFor();
  await window.rows('Variables', /^fault by app\s*=\s*1/).waitFor();
}

/** The session stands at the fault of the second page; everything about it is in sight. */
let atFault: Seen;
beforeEach(async () => {
  await window.expandPanes('Callbacks');
  await setCondition(window, 'page_fault', 'address in buf[3..4]');
  await window.startDebugging();
  await window.expandPanes('Call Stack', 'Variables', 'Page Tables');
  await window.collapsePanes(
    'Watch',
    'Breakpoints',
    'Callbacks',
    'Address Map',
    'Pending Faults',
    'Devices',
    'Zones',
  );
  await window.rows('Call Stack', 'do_swap_page').waitFor();
  await window.rows('Call Stack', 'two-faults.hmm').waitFor();
  await expandThisPage();
  await faultingEntry();
  atFault = await seen();
});

/** Waits until the window shows what it showed at the fault. */
async function backAtTheFault(): Promise<void> {
  await expect.poll(() => window.time()).toBe(atFault.time);
  await expect.poll(stackSeen).toEqual(atFault.stack);
  // The editor folds the scopes of a frame that was not there in between, if it had the time to draw that.
  await expandThisPage();
  await faultingEntry();
  await expect.poll(seen).toEqual(atFault);
}

test('a condition on page_fault stops at the page it names, with the kernel path on the stack', async () => {
  const at = (text: string | RegExp) => atFault.stack.findIndex((row) => row.search(text) >= 0);
  expect(at(/fault/)).toBeLessThan(at('do_swap_page'));
  expect(at('do_swap_page')).toBeLessThan(at('handle_mm_fault'));
  expect((await texts('Call Stack')).at(-1)).toContain(`two-faults.hmm${readLine}:`);
  await window.screenshot('session-at-page-fault');
});

test('a step and a step back give exactly the earlier state', async () => {
  await window.move('debug-step-over');
  await window.move('debug-step-back');
  await backAtTheFault();
});

test('Back One Step and Seek to Time go where they say', async () => {
  const before = String(Number(atFault.time) - 1);
  await window.command('HMM: Back One Step', async () => (await window.time()) === before);
  await window.seek(atFault.time);
  await backAtTheFault();
});

test('from the end, running backwards gives exactly the earlier state', async () => {
  await window.expandPanes('Zones');
  await window.rows('Zones', 'Normal').waitFor();
  await window.move('debug-continue');
  await window.clock.filter({ hasText: 'the end' }).waitFor();
  await window
    .rows('Zones', 'Normal')
    .filter({ hasText: /\d changed/ })
    .waitFor();
  await window.screenshot('session-at-the-end');
  await window.collapsePanes('Zones');
  await window.move('debug-reverse-continue');
  await backAtTheFault();
});

test('continuing at the end ends the session', async () => {
  await window.move('debug-continue');
  await window.clock.filter({ hasText: 'the end' }).waitFor();
  await window.continueAtTheEnd();
  await expect.poll(() => window.rows('Page Tables').count()).toBe(0);
});
