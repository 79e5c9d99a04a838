/** Start, stop, start again: the loop that everybody goes through, wherever the keyboard is. */

import { afterAll, beforeAll, expect, test } from 'vitest';
import { EditorWindow, soon } from './editor-window';
import { repeat } from './repeat';

const scenario = `profile 6.12
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
  window = await EditorWindow.open({ 'again.hmm': scenario });
});
afterAll(() => window.close());

const keyboardIsIn = (part: string) => async (): Promise<boolean> =>
  (await window.page.locator(`${part}:focus-within`).count()) > 0;

const clickIn = async (tab: string): Promise<void> => {
  await repeat(
    `the text of ${tab}`,
    async () => {
      await window.tab(tab).first().click(soon);
      await window.page.locator('.editor-group-container .view-line').first().click(soon);
    },
    keyboardIsIn('.editor-group-container .monaco-editor'),
  );
};

const focus = (command: string, part: string) => (): Promise<void> =>
  window.command(command, keyboardIsIn(part));

/** Where the keyboard may be when somebody presses F5. */
const places: Readonly<Record<string, () => Promise<void>>> = {
  'the listing': () => clickIn('dmirror_devmem_fault'),
  'the scenario': () => clickIn('again.hmm'),
  'the Debug Console': focus('Debug Console: Focus on Debug Console View', '.part.panel'),
  'the Output': focus('Output: Focus on Output View', '.part.panel'),
  'the Explorer': focus('Explorer: Focus on Folders View', '.part.sidebar'),
};

/**
 * A session of ours stands at its first stop, and the editor shows where: one that is ended before that is made active
 * once more when its listing has opened, at a time that depends on how fast the editor is.
 */
const stopped = async (): Promise<boolean> =>
  (await window.clock.filter({ hasText: /time \d/ }).isVisible()) &&
  (await window.page.locator('.debug-top-stack-frame-line').first().isVisible());

const press = async (key: string, taken: () => Promise<boolean>): Promise<void> => {
  await repeat(key, () => window.page.keyboard.press(key), taken);
};

const started = async (): Promise<boolean> => (await window.clock.count()) > 0;
const ended = async (): Promise<boolean> => (await window.clock.count()) === 0;

test('code lens, stop, Shift+F5, F5: ten times in a row, wherever the keyboard is', async () => {
  const lens = window.page.locator('.codelens-decoration a', { hasText: 'Debug' }).first();
  const names = Object.keys(places);
  for (let round = 0; round < 10; round++) {
    await repeat('the lens', () => lens.click(soon), started);
    await expect.poll(stopped).toBe(true);
    await press('Shift+F5', ended);
    const place = names[round % names.length] ?? '';
    await places[place]?.();
    await press('F5', started);
    await expect.poll(stopped, { message: `F5 in ${place}` }).toBe(true);
    expect(await window.tab('again.hmm').count()).toBeGreaterThan(0);
    await press('Shift+F5', ended);
    await clickIn('again.hmm');
  }
  await window.screenshot('run-again');
});
