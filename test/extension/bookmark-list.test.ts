import { expect, it } from 'vitest';
import { BookmarkList } from '../../src/extension/bookmark-list';

/** What the editor keeps for a workspace, as it is written down. */
function memory() {
  const kept = new Map<string, string>();
  return {
    kept,
    get: <T>(key: string): T | undefined => {
      const text = kept.get(key);
      return text === undefined ? undefined : (JSON.parse(text) as T);
    },
    update: async (key: string, value: unknown): Promise<void> => {
      if (value === undefined) kept.delete(key);
      else kept.set(key, JSON.stringify(value));
    },
  };
}

it('keeps the bookmarks of each scenario, in the order of time, one at a time', async () => {
  const list = new BookmarkList(memory());
  await list.add('/a.hmm', { time: 500, note: 'comes home' });
  await list.add('/a.hmm', { time: 20, note: 'first touch' });
  await list.add('/b.hmm', { time: 1, note: '' });
  await list.add('/a.hmm', { time: 500, note: 'comes home late' });
  expect(list.of('/a.hmm')).toEqual([
    { time: 20, note: 'first touch' },
    { time: 500, note: 'comes home late' },
  ]);
  expect(list.of('/b.hmm')).toEqual([{ time: 1, note: '' }]);
  expect(list.of('/c.hmm')).toEqual([]);
});

it('keeps nothing of a scenario whose last bookmark is removed', async () => {
  const { kept, ...rest } = memory();
  const list = new BookmarkList(rest);
  await list.add('/a.hmm', { time: 3, note: 'x' });
  await list.remove('/a.hmm', 4);
  expect(list.of('/a.hmm')).toHaveLength(1);
  await list.remove('/a.hmm', 3);
  expect(list.of('/a.hmm')).toEqual([]);
  expect(kept.size).toBe(0);
});
