import { afterAll, beforeAll, expect, test } from 'vitest';
import { EditorWindow, soon } from './editor-window';
import { Picture } from './picture';
import { repeat } from './repeat';

const scenario = `profile 6.12
device gpu0 private 64MiB
process app {
    buf = mmap 8KiB anon rw
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

/** Clicks the row of a table with a text until the session stands at its time. */
async function follow(history: Picture, text: string): Promise<void> {
  const row = history.body.locator('#rows tr', { hasText: text }).first();
  const time = (await row.locator('td').first().textContent(soon)) ?? '';
  expect(time).toMatch(/^\d+$/);
  await repeat(
    `the row ${text}`,
    () => row.click(soon),
    async () => (await window.time()) === time,
  );
}

test('a question about all that has run is answered as a table, whose rows lead to their times', async () => {
  await window.startAtFault();
  await window.showInPanel('History');
  const history = await Picture.of(window, 'history');
  const ask = async (query: string, first: string): Promise<void> => {
    const { body } = history;
    const write = async (): Promise<void> => {
      await body.locator('#query').fill(query, soon);
      await body.locator('#query').press('Enter', soon);
    };
    await repeat(
      query,
      write,
      async () => (await body.locator('#caption').textContent(soon))?.startsWith(first) === true,
    );
  };
  await ask('changes gpu0.free show gpu0.free', 'changes gpu0.free: 2 moments');
  expect(await history.body.locator('#head th').allTextContents()).toEqual([
    'Time ▴',
    'Line',
    'Task',
    'gpu0.free',
    'What',
  ]);
  await follow(history, '16384 to 16383');
  await window.screenshot('history');

  const heading = history.body.getByRole('button', { name: 'Order by gpu0.free' });
  const values = (): Promise<string[]> => history.body.locator('#rows td:nth-child(4)').allTextContents();
  expect(await values()).toEqual(['16383', '16382']);
  await repeat(
    'ordering',
    () => heading.click(soon),
    async () => (await values())[0] === '16382',
  );
  await repeat(
    'the filter',
    () => history.body.locator('#filter').fill('16384', soon),
    async () => (await history.rows()).length === 1,
  );
});

test('a link of a page’s biography leads to the step that mapped it', async () => {
  await window.startAtFault();
  await window.command('HMM: Biography of Page');
  await window.answer('buf[0]');
  const history = await Picture.of(window, 'history');
  await expect.poll(() => history.body.locator('#caption').textContent()).toMatch(/^Biography of buf\[0\]/);
  await follow(history, 'nothing → present');
  await window.screenshot('biography');
});
