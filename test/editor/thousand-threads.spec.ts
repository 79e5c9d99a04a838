import { afterAll, beforeAll, beforeEach, test } from 'vitest';
import { EditorWindow } from './editor-window';

const THREADS = 1000;
const numbers = Array.from({ length: THREADS }, (_, i) => i);
const scenario = `# A thousand threads, eight of which touch a page of the device.
profile 6.12
machine { cpus 4 }
device gpu0 private 64MiB driver dmirror

process app {
    buf = mmap ${THREADS} * 4KiB anon rw
    write buf = 0x11
    migrate buf[0..8] to gpu0
${numbers.map((i) => `    thread t${i} { barrier go; read buf[${i}] }`).join('\n')}
    barrier go
${numbers.map((i) => `    join t${i}`).join('\n')}
}
`;

let window: EditorWindow;
beforeAll(async () => {
  window = await EditorWindow.open({ 'thousand.hmm': scenario });
  await window.showDebugViews();
});
afterAll(() => window.close());

/** Starts the session and waits for its first fault. */
beforeEach(async () => {
  await window.startDebugging();
  await window.rows('Call Stack', 'do_swap_page').first().waitFor();
  await window.collapsePanes('Watch', 'Breakpoints', 'Callbacks', 'Page Tables', 'Variables');
});

test('a thousand threads stop at the first fault, and the one that did is in sight', async () => {
  await window.rows('Call Stack', /^app\.t\d+ · .*First page_fault/).waitFor();
  await window.screenshot('a-thousand-threads');
});

test('a step goes on from there', async () => {
  await window.move('debug-step-over');
  await window.rows('Call Stack', /^app\.t\d+ · .*Paused on step/).waitFor();
});
