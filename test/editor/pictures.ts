/** Makes `media/session.png` and the pictures of the walkthrough from the real editor. */

import { readFileSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import { afterEach, test } from 'vitest';
import { inProject } from '../tools/project';
import { EditorWindow, soon } from './editor-window';
import { repeat } from './repeat';

const SIZE = { width: 1366, height: 768 };
const scenario = readFileSync(inProject('scenarios', 'page-comes-home.hmm'), 'utf8');

let window: EditorWindow;
afterEach(() => window.close());

/** A part of the window, by the elements that it covers; without one the whole window. */
async function picture(name: string, part?: string): Promise<void> {
  const path = inProject('media', `${name}.png`);
  await mkdir(dirname(path), { recursive: true });
  if (part === undefined) await window.page.screenshot({ path });
  else await window.page.locator(part).first().screenshot({ path });
}

async function firstStop(): Promise<void> {
  window = await EditorWindow.open({ 'page-comes-home.hmm': scenario }, SIZE);
  await window.run();
  await window.rows('Call Stack', 'do_swap_page').waitFor();
  await window
    .rows('Page Tables', /buf\[2\]/)
    .filter({ hasText: 'fault pending' })
    .waitFor();
  const map = window.page.frameLocator('iframe.webview.ready').frameLocator('iframe#active-frame');
  await map.getByText('gpu0 rw: 4 pages').first().waitFor();
}

test('the first stop', async () => {
  await firstStop();
  await window.collapsePanes('Watch', 'Breakpoints', 'Pending Faults');
  await picture('session');
  await picture('walkthrough/run', '.part.editor');
  await picture('walkthrough/look', '.part.auxiliarybar');
});

test('the moments to go to', async () => {
  await firstStop();
  await repeat(
    'the clock',
    () => window.clock.click(soon),
    () => window.choices.first().isVisible(),
  );
  await picture('walkthrough/time', '.quick-input-widget');
});

test('the examples to choose from', async () => {
  window = await EditorWindow.openEmpty();
  await window.page.setViewportSize(SIZE);
  await window.command('HMM: Open Example', () => window.choices.first().isVisible());
  await window.choices.filter({ hasText: 'page-comes-home' }).first().waitFor();
  await picture('walkthrough/examples', '.quick-input-widget');
});

test('a scenario being written', async () => {
  window = await EditorWindow.open({ 'mine.hmm': scenario }, SIZE);
  const line = window.page.locator('.monaco-editor .view-line', { hasText: 'expect gpu0.used == 3' });
  await line.click(soon);
  await window.page.keyboard.press('End');
  await window.page.keyboard.press('Enter');
  await window.page.keyboard.type('expect buf[2].page.');
  await window.page.locator('.suggest-widget .monaco-list-row').first().waitFor();
  await picture('walkthrough/write', '.part.editor');
});
