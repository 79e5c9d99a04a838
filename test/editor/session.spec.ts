import { afterAll, beforeAll, expect, test } from 'vitest';
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
  await window.language.filter({ hasText: 'HMM' }).waitFor();
  await window.showDebugViews();
});
afterAll(() => window.close());

async function texts(pane: string): Promise<string[]> {
  const rows = await window.rows(pane).allTextContents();
  return rows.map((text) => text.replace(/( · )?changed$/, ''));
}

const clock = () => window.page.locator('.statusbar-item[id$="hmm.time"]').textContent();

/** The time of a stop: `12` of `time 12 of 90`. */
async function time(): Promise<string> {
  return /time (\d+)/.exec((await clock()) ?? '')?.[1] ?? '';
}

async function seenNow(): Promise<Seen> {
  return {
    time: await time(),
    stack: await texts('Call Stack'),
    variables: await texts('Variables'),
    pageTables: await texts('Page Tables'),
  };
}

/** What is seen once nothing has changed for longer than the editor takes to show a stop. */
async function seen(): Promise<Seen> {
  let last = await seenNow();
  let since = Date.now();
  while (Date.now() - since < 2500) {
    const now = await seenNow();
    if (JSON.stringify(now) !== JSON.stringify(last)) since = Date.now();
    last = now;
    await window.page.waitForTimeout(200);
  }
  return last;
}

/** Expands every line of Page Tables. */
async function expandPageTables(): Promise<void> {
  await window.rows('Page Tables', 'app').first().waitFor();
  const closed = window.pane('Page Tables').locator('.monaco-list-row[aria-expanded=false]');
  await expect
    .poll(async () => {
      const count = await closed.count();
      if (count > 0) await window.toggle(closed.first());
      return count;
    })
    .toBe(0);
}

let atFault: Seen;

test('a condition on page_fault stops at the page it names, with the kernel path on the stack', async () => {
  await window.expandPane('Callbacks');
  const row = window.rows('Callbacks', 'page_fault');
  await row.hover();
  await row.locator('.action-label[aria-label="Edit Condition"]').click();
  await window.page.locator('.quick-input-widget input').fill('address in buf[3..4]');
  await window.page.keyboard.press('Enter');
  await row.filter({ hasText: 'if address in buf[3..4]' }).waitFor();
  await row.locator('[role=checkbox][aria-checked=true]').waitFor();

  await window.startDebugging();
  await window.rows('Call Stack', 'do_swap_page').waitFor();
  await window.collapsePanes('Watch', 'Breakpoints', 'Callbacks', 'Pending Faults');
  await window.rows('Call Stack', 'two-faults.hmm').waitFor();
  const stack = await texts('Call Stack');
  const at = (text: string | RegExp) => stack.findIndex((row) => row.search(text) >= 0);
  expect(at(/fault/)).toBeLessThan(at('do_swap_page'));
  expect(at('do_swap_page')).toBeLessThan(at('handle_mm_fault'));
  expect(stack.at(-1)).toContain(`two-faults.hmm${readLine}:`);
});

test('the page has the references of the profile: its entry and the fault', async () => {
  const scope = window.rows('Variables', /^This Page/);
  await scope.waitFor();
  if ((await scope.getAttribute('aria-expanded')) === 'false') await window.toggle(scope);
  const refcount = window.rows('Variables', /^refcount\s*=\s*2/);
  await window.toggle(refcount);
  await window.rows('Variables', /^PTE \(device-private\) of app: buf\[3\]\s*=\s*1/).waitFor();
  await window.rows('Variables', /^fault by app\s*=\s*1/).waitFor();
});

test('Page Tables leads to the device entry', async () => {
  await expandPageTables();
  await window.rows('Page Tables', 'device-private').first().waitFor();
  atFault = await seen();
  await window.screenshot('session-at-page-fault');
});

test('a step and a step back give exactly the earlier state', async () => {
  await window.toolbar('debug-step-over').click();
  await expect.poll(time).not.toBe(atFault.time);
  await seen();
  await window.toolbar('debug-step-back').click();
  await expect.poll(time).toBe(atFault.time);
  expect(await seen()).toEqual(atFault);
});

test('Back One Step and Seek to Time go where they say', async () => {
  await window.command('HMM: Back One Step');
  await expect.poll(time).toBe(String(Number(atFault.time) - 1));
  await window.command('HMM: Seek to Time');
  const input = window.page.locator('.quick-input-widget input').first();
  await expect.poll(() => input.inputValue()).toBe(String(Number(atFault.time) - 1));
  await input.fill(atFault.time);
  await window.page.keyboard.press('Enter');
  await expect.poll(time).toBe(atFault.time);
  expect(await seen()).toEqual(atFault);
});

test('from the end, running backwards gives exactly the earlier state', async () => {
  await window.expandPane('Zones');
  await window.rows('Zones', 'Normal').waitFor();
  await window.toolbar('debug-continue').click();
  await window.page.locator('.statusbar-item[id$="hmm.time"]', { hasText: 'the end' }).waitFor();
  await window
    .rows('Zones', 'Normal')
    .filter({ hasText: /\d changed/ })
    .waitFor();
  await window.screenshot('session-at-the-end');
  await window.collapsePanes('Zones');
  await window.toolbar('debug-reverse-continue').click();
  await expect.poll(time).toBe(atFault.time);
  await expandPageTables();
  expect(await seen()).toEqual(atFault);
});

test('continuing at the end ends the session', async () => {
  await window.toolbar('debug-continue').click();
  await window.page.locator('.statusbar-item[id$="hmm.time"]', { hasText: 'the end' }).waitFor();
  await window.toolbar('debug-continue').click();
  await window.rows('Call Stack').first().waitFor({ state: 'detached' });
  expect(await window.rows('Page Tables').count()).toBe(0);
});
