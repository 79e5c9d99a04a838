/** Start, stop, start again: F5 runs the scenario from whatever editor is active. */

import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { inProject } from '../tools/project';
import { EditorWindow, soon } from './editor-window';
import { repeat } from './repeat';

const scenario = readFileSync(inProject('scenarios', 'page-comes-home.hmm'), 'utf8');

let window: EditorWindow;
beforeAll(async () => {
  window = await EditorWindow.open({ 'home.hmm': scenario }, { width: 1366, height: 768 });
});
afterAll(() => window.close());

const isStopped = async () => /time \d/.test((await window.clock.textContent(soon).catch(() => '')) ?? '');
const stop = () =>
  repeat(
    'Shift+F5',
    () => window.page.keyboard.press('Shift+F5'),
    async () => !(await window.session.isVisible()) && !(await window.clock.isVisible()),
  );

test('the code lens, Shift+F5 and F5, ten times in a row', async () => {
  const lens = window.page.locator('.codelens-decoration a', { hasText: 'Debug' }).first();
  await lens.waitFor();
  await repeat('the code lens', () => lens.click(soon), isStopped);
  for (let times = 0; times < 10; times++) {
    await stop();
    // Nothing is clicked: F5 goes to the editor that the session has left active.
    await repeat('F5', () => window.page.keyboard.press('F5'), isStopped);
    await window.rows('Call Stack', 'do_swap_page').waitFor();
    expect(await window.notifications.count()).toBe(0);
    expect(await window.question.isVisible()).toBe(false);
  }
  await window.tab('home.hmm').first().waitFor();
  await window.screenshot('run-again');
});

test('from a listing too', async () => {
  await stop();
  await window.startDebugging();
  await window.rows('Call Stack', 'handle_mm_fault').waitFor();
  const listing = window.tab('do_swap_page').or(window.tab('dmirror_devmem_fault')).first();
  await listing.waitFor();
  await listing.click(soon);
  await stop();
  await repeat('F5', () => window.page.keyboard.press('F5'), isStopped);
  expect(await window.question.isVisible()).toBe(false);
});

test('a long run says how far it has come, marks its line, and can be cancelled', async () => {
  await stop();
  await window.write(`process app {
    buf = mmap 4KiB anon rw
    loop {
        write buf = 1
    }
}
`);
  await window.run();
  const notice = window.page.locator('.notifications-toasts .notification-toast', {
    hasText: 'Running the scenario',
  });
  await notice.filter({ hasText: /step [\d,]+, [\d,]+ a second/ }).waitFor();
  await window.clock.filter({ hasText: /time \d+$/ }).waitFor();
  await window.page.getByText('◂ here').waitFor();
  await window.screenshot('long-run');
  await repeat(
    'Cancel',
    () => notice.getByRole('button', { name: 'Cancel' }).click(soon),
    () => window.clock.filter({ hasText: /of \d/ }).isVisible(),
  );
});
