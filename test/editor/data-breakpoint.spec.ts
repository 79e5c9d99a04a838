import { afterAll, beforeAll, expect, test } from 'vitest';
import { EditorWindow } from './editor-window';

const scenario = `profile 6.12
device gpu0 private 64MiB
process app {
    buf = mmap 4KiB anon rw
    write buf = 0x11
    migrate buf to gpu0
    read buf
}
`;

let window: EditorWindow;
beforeAll(async () => {
  window = await EditorWindow.openForDebugging({ 'one.hmm': scenario });
});
afterAll(() => window.close());

test('a variable is watched by its menu: it stops at each change, forwards and backwards', async () => {
  await window.startAtFault();
  await window.expand(window.rows('Variables', /^This Page/));
  const count = (): Promise<string | null> =>
    window
      .rows('Variables', /^refcount/)
      .first()
      .textContent();
  const before = await count();
  expect(before).toMatch(/refcount\s*=\s*2/);
  await window.fromMenu(window.rows('Variables', /^refcount/).first(), 'Break on Value Change');
  await window.expandPanes('Breakpoints');
  await window.rows('Breakpoints', '.refcount').waitFor();

  const start = Number(await window.time());
  await window.move('debug-continue');
  const stop = window.consoleLine(/refcount changed from 2 to 1/);
  await stop.waitFor();
  const forwards = Number(await window.time());
  expect(forwards).toBeGreaterThan(start);
  await window.move('debug-reverse-continue');
  await window.consoleLine(/refcount changed from 1 to 2/).waitFor();
  expect(Number(await window.time())).toBeLessThan(start);
  await window.screenshot('data-breakpoint');
});
