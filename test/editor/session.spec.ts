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
  return rows.map((text) => text.replace(' · changed', ''));
}

const clock = () => window.page.locator('.statusbar-item[id$="hmm.time"]').textContent();

/** The time of a stop: `12` of `time 12 of 90`. */
async function time(): Promise<string> {
  return /time (\d+)/.exec((await clock()) ?? '')?.[1] ?? '';
}

/** Waits until everything on show belongs to the stop at that time, as far as text can tell. */
async function seen(): Promise<Seen> {
  const now = async () => ({
    time: await time(),
    stack: await texts('Call Stack'),
    variables: await texts('Variables'),
    pageTables: await texts('Page Tables'),
  });
  let last = await now();
  await expect
    .poll(
      async () => {
        const before = last;
        last = await now();
        return JSON.stringify(last) === JSON.stringify(before);
      },
      { interval: 700, timeout: 20_000 },
    )
    .toBe(true);
  return last;
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
  await window.pane('Callbacks').locator('.pane-header').click();

  await window.page.locator('.monaco-editor .view-line').first().click();
  await window.page.keyboard.press('F5');
  await window.rows('Call Stack', 'do_swap_page').waitFor();
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
  await window.rows('Variables', /refcount.*2/).waitFor();
  const holders = await texts('Variables');
  expect(holders.join('\n')).toMatch(/PTE/i);
});

test('Page Tables leads to the device entry', async () => {
  await window.rows('Page Tables', 'app').first().waitFor();
  for (;;) {
    const closed = window.pane('Page Tables').locator('.monaco-list-row[aria-expanded=false]').first();
    if ((await closed.count()) === 0) break;
    await window.toggle(closed);
    await window.page.waitForTimeout(300);
  }
  await window.rows('Page Tables', 'on gpu0').first().waitFor();
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
  await window.toolbar('debug-continue').click();
  await window.page.locator('.statusbar-item[id$="hmm.time"]', { hasText: 'the end' }).waitFor();
  await window.screenshot('session-at-the-end');
  await window.toolbar('debug-reverse-continue').click();
  await expect.poll(time).toBe(atFault.time);
  expect(await seen()).toEqual(atFault);
});

test('continuing at the end ends the session', async () => {
  await window.toolbar('debug-continue').click();
  await window.page.locator('.statusbar-item[id$="hmm.time"]', { hasText: 'the end' }).waitFor();
  await window.toolbar('debug-continue').click();
  await window.rows('Call Stack').first().waitFor({ state: 'detached' });
  expect(await window.rows('Page Tables').count()).toBe(0);
});
