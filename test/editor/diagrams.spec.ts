import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { EditorWindow, soon } from './editor-window';
import { Picture } from './picture';
import { repeat } from './repeat';

const scenario = `profile 6.12
device gpu0 private 64MiB driver dmirror

process app {
    buf = mmap 64 pages anon rw
    write buf[0..16] = 0x11
    migrate buf[0..8] to gpu0
    read buf[3] expect 0x11
    migrate buf[8..12] to gpu0
}
`;

let window: EditorWindow;
let path: Picture;

beforeAll(async () => {
  window = await EditorWindow.openForDebugging({ 'path.hmm': scenario });
});

afterAll(() => window.close());

beforeEach(async () => {
  await window.startAtFault();
  await window.showInPanel('Fault Path');
  path = await Picture.of(window, 'fault-path');
  await path.body.getByText('app faults: read of buf[3]').waitFor();
});

test('the fault path shows the way of the page, by keyboard too, and each box leads on', async () => {
  const rows = await path.rows();
  expect(rows[0]).toMatch(/^app.*read buf\[3\]$/);
  expect(rows[1]).toMatch(/^buf\[3\].*gpu0 rw.*names pfn 0x[0-9a-f]+ \(gpu0, Device\)$/);
  await path.pressUntil(['Home', 'ArrowRight', 'ArrowDown'], /buf\[3\]/);
  await window.screenshot('fault-path');
  const entry = window.rows('Page Tables', 'buf[3]').first();
  await path.press(['Enter'], () => entry.isVisible());
});

test('what has been done of the way home is told, and leads to its time', async () => {
  await expect.poll(() => path.body.locator('#stages li.open').count()).toBe(5);
  await window.seek(String(Number(await window.time()) + 110));
  await path.body.locator('#stages li.done button').first().waitFor();
  await window.screenshot('fault-path-later');
});

test('page flow lists the parts of buffers whose pages moved, sorted by what is chosen, and leads to them', async () => {
  await window.showInPanel('Page Flow');
  const flow = await Picture.of(window, 'page-flow');
  const names = flow.body.locator('#blocks td:first-child button');
  await names.first().waitFor();
  expect(await names.allTextContents()).toEqual(['app: buf[0..16]']);
  const head = flow.body.locator('#blocks th', { hasText: 'To device' });
  await repeat(
    'sorting',
    () => head.locator('button').click(soon),
    async () => (await head.getAttribute('aria-sort')) !== null,
  );
  await window.screenshot('page-flow');
  const entry = window.rows('Page Tables', 'buf[0]').first();
  await repeat(
    'the first page',
    () => names.first().click(soon),
    () => entry.isVisible(),
  );
});
