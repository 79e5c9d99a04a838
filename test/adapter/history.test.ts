/** Questions about all that has run, and the biography of a page. */

import { beforeEach, describe, expect, it } from 'vitest';
import type { HistoryTable } from '../../src/protocol';
import { Client } from './client';

const path = '/scenarios/history.hmm';
const text = `profile 6.12
device gpu0 private 64MiB
process app {
    buf = mmap 16KiB anon rw
    write buf = 0x11
    pin buf[1] w as p
    migrate buf to gpu0
    read buf[0]
    read buf[1]
    read buf[2]
    munmap buf
}
`;

let c: Client;
const ask = (query: string): Promise<HistoryTable> => c.request('hmm/history', { query });
const seek = (time: number) => c.move('hmm/seek', { time });
const value = async (expression: string): Promise<string> =>
  (await c.request('evaluate', { expression, context: 'watch' })).result;
const now = (): number => c.adapter.session.time;
const refusal = async (query: string): Promise<string> =>
  (await c.ask('hmm/history', { query })).message ?? '';

beforeEach(async () => {
  c = new Client(new Map([[path, text]]));
  await c.start({ stopAtFirstFault: false });
});

describe('a question about history', () => {
  it('finds the calls of a callback, with what expressions came to at each of them', async () => {
    const here = now();
    const hash = c.adapter.session.engine.kernel.store.hash();
    const { columns, rows, note } = await ask(
      'calls page_fault show page.refcount, time, buf[2].page.device.name',
    );
    expect(note).toBeUndefined();
    expect(columns).toEqual(['page.refcount', 'time', 'buf[2].page.device.name']);
    // buf[1] is pinned and has stayed: two of three pages were on the device.
    expect(rows.map(({ line, task }) => [line, task])).toEqual([
      [8, 'app'],
      [10, 'app'],
    ]);
    expect(now()).toBe(here);
    expect(c.adapter.session.engine.kernel.store.hash()).toBe(hash);
    for (const { time, values } of rows) {
      await seek(time);
      // The adapter's own evaluation there is the oracle.
      expect(values).toEqual([
        await value('page.refcount'),
        String(time),
        await value('buf[2].page.device.name'),
      ]);
    }
  });

  it('finds the same hits of a line and of a function as going back from one to the next does', async () => {
    const { rows } = await ask('calls do_anonymous_page');
    await c.request('setFunctionBreakpoints', { breakpoints: [{ name: 'do_anonymous_page' }] });
    const found: number[] = [];
    for (;;) {
      const stop = await c.move('reverseContinue', { threadId: 1 });
      if (stop.reason === 'entry') break;
      found.unshift(now());
    }
    expect(rows.map(({ time }) => time)).toEqual(found);
    expect(found).toHaveLength(4);
  });

  it('finds the same changes as going from each last write to the one before', async () => {
    const { rows } = await ask('changes gpu0.free show gpu0.free');
    const found: number[] = [];
    for (;;) {
      const before = now();
      const stop = await c.move('hmm/lastWrite', { expression: 'gpu0.free' });
      if (now() === before) break;
      expect(stop.text).toBe(rows.at(-1 - found.length)?.what);
      found.unshift(now());
    }
    expect(rows.map(({ time }) => time)).toEqual(found);
    expect(rows.map(({ values }) => values[0])).toEqual([
      '16383',
      '16382',
      '16381',
      '16382',
      '16383',
      '16384',
    ]);
    expect(await ask('writes gpu0.free')).toMatchObject({ rows: rows.map(({ time }) => ({ time })) });
  });

  it('knows events by their own names, with conditions on what they are about', async () => {
    const all = await ask('events page_free show page, device, refcount');
    expect(all.rows.map(({ values }) => values.slice(1))).toEqual(Array(3).fill(['gpu0', '0']));
    expect((await ask('events folio_free')).rows).toHaveLength(3);
    expect((await ask('events page_free where device == gpu0')).rows).toHaveLength(3);
    expect((await ask('events page_free where page.pfn == 0')).rows).toEqual([]);
    const [refused] = (await ask('events refused show address')).rows;
    expect(refused?.what).toMatch(/^it stays \(folio_try_share_anon_rmap_pte\): refcount 1027: from 1024 on/);
    expect(refused?.values).toEqual([await value('buf[1].address')]);
  });

  it('is asked between two times, and of times that have run only', async () => {
    const all = (await ask('events page_free')).rows.map(({ time }) => time);
    const [first = 0, second = 0, third = 0] = all;
    const between = async (from: number, to: number) =>
      (await ask(`events page_free between ${from} and ${to}`)).rows.map(({ time }) => time);
    expect(await between(first, third)).toEqual(all);
    expect(await between(first + 1, third - 1)).toEqual([second]);
    expect(await between(0, first - 1)).toEqual([]);
    // What lies ahead has run, too.
    await seek(first);
    expect((await ask('events page_free')).rows.map(({ time }) => time)).toEqual(all);
    expect(now()).toBe(first);
  });

  it('counts the step that the run has stopped before', async () => {
    const stopped = new Client(new Map([[path, text]]));
    await stopped.start();
    const { rows } = await stopped.request('hmm/history', { query: 'calls page_fault' });
    expect(rows.map(({ time }) => time)).toEqual([stopped.adapter.session.time]);
  });

  it('says in a sentence what is wrong with it', async () => {
    expect(await refusal('calls page_fualt')).toMatch(
      /^No routine or callback .* is called `page_fualt`; did you mean `page_fault`\?$/,
    );
    expect(await refusal('events page_fre')).toMatch(/no kind of event `page_fre`.*did you mean/i);
    expect(await refusal('hits line 3000')).toMatch(/No statement begins on line 3000/);
    expect(await refusal('hits here')).toMatch(/hits line 9/);
    expect(await refusal('changes gpu0')).toMatch(/never changes; its members do/);
    expect(await refusal('calls page_fault where page.refcont > 2')).toMatch(/refcont/);
    expect(await refusal('calls page_fault between 9 and 2')).toMatch(/between 200 and 900/);
    expect(await refusal('calls page_fault where 1 where 2')).toMatch(/at most once/);
    expect(await refusal('calls page_fault show page,')).toMatch(/expression is missing/);
    expect(await refusal('call page_fault')).toMatch(/did you mean `calls`/i);
    expect(await refusal('')).toMatch(/^A question is written as calls NAME/);
    expect(await refusal('calls page_fault show')).toMatch(/Nothing stands behind `show`/);
    const unsound = await ask('calls page_fault where buf[99].page == none');
    expect(unsound.rows).toEqual([]);
    expect(unsound.note).toMatch(/can’t be evaluated it does not hold/);
  });

  it('is answered in the Debug Console, each moment with a link there', async () => {
    const { rows } = await ask('calls page_fault show page.refcount');
    const from = c.received.length;
    const { result } = await c.request('evaluate', {
      expression: 'calls page_fault show page.refcount',
      context: 'repl',
    });
    expect(result).toBe('calls page_fault: 2 moments');
    await c.request('threads', undefined);
    const lines = c.received
      .slice(from)
      .flatMap((message) => (message.type === 'event' ? [message.body] : []));
    expect(lines.map(({ output }) => output)).toEqual(
      rows.map(({ time, line }) =>
        `${time}  line ${line}   app  page.refcount = 2  page_fault\n`.replace('line 10 ', 'line 10'),
      ),
    );
    expect(lines.map(({ line }) => line)).toEqual(rows.map(({ line }) => line));
  });
});

describe('the biography of a page', () => {
  it('is the chain from its first touch to the end, each at its time', async () => {
    const [end] = (await ask('hits line 11')).rows;
    await seek(end?.time ?? 0);
    const { title, rows } = await c.request('hmm/biography', { expression: 'buf[0]' });
    expect(title).toBe('Biography of buf[0]');
    const told = rows.map(
      ({ line, what }) =>
        `${line} ${what.replace(/pfn 0x[0-9a-f]+/g, 'pfn').replace(/ \((app in \w+): .*/, ' ($1)')}`,
    );
    expect(told).toEqual([
      '5 write fault at buf[0]',
      '5 nothing → present, pfn (Normal) (app in do_anonymous_page)',
      '7 present, pfn (Normal) → migration, pfn (Normal) (app in migrate_vma_collect)',
      '7 migration, pfn (Normal) → device-private, pfn (gpu0, Device) (app in remove_migration_ptes)',
      '8 read fault at buf[0]',
      '8 read fault at buf[0]',
      '8 callback migrate_to_ram for buf[0]: pfn (gpu0, Device), refcount 2',
      '8 device-private, pfn (gpu0, Device) → migration, pfn (gpu0, Device) (app in migrate_vma_collect)',
      '8 migration, pfn (gpu0, Device) → present, pfn (Normal) (app in remove_migration_ptes)',
      '8 callback page_free: pfn (gpu0, Device), refcount 0',
    ]);
    // What it says of a change is what is there.
    for (const { time, what } of rows) {
      const [, after] = / → (\S+),/.exec(what) ?? [];
      if (after === undefined) continue;
      await seek(time);
      expect(await value('pte(buf[0]).kind')).toBe(after);
    }
  });

  it('has every refusal with its reason, and is of the page of an address too', async () => {
    const [end] = (await ask('hits line 11')).rows;
    await seek(end?.time ?? 0);
    const { rows } = await c.request('hmm/biography', { expression: 'buf[1]' });
    expect(rows.at(-1)?.what).toMatch(/^it stays .*held by pin p of app since step \d+ \(line 6\)$/);
    const address = await value('buf[1].address');
    expect((await c.request('hmm/biography', { process: 'app', address })).rows).toEqual(rows);
    expect((await c.request('hmm/biography', { expression: 'buf[1].page' })).rows).toEqual(rows);
    const { result } = await c.request('evaluate', { expression: 'biography buf[1]', context: 'repl' });
    expect(result).toBe(`Biography of buf[1]: ${rows.length} moments`);
    expect((await c.ask('hmm/biography', { expression: 'time == 1' })).message).toMatch(/buf\[3\]/);
    expect((await c.ask('hmm/biography', {})).message).toMatch(/Name a page or an address/);
  });

  it('of a forked process tells where its entries come from', async () => {
    const forked = new Client(
      new Map([
        [
          path,
          'process app {\n    buf = mmap 4KiB\n    write buf = 1\n    fork child {\n        read buf\n        barrier x\n    }\n    barrier x\n}\n',
        ],
      ]),
    );
    await forked.start({ program: path }, () =>
      forked.request('setBreakpoints', { source: { path }, breakpoints: [{ line: 5 }] }),
    );
    const { rows } = await forked.request('hmm/biography', { expression: 'child.buf[0]' });
    expect(rows.map(({ what }) => what)).toEqual([expect.stringMatching(/^nothing → present.*copy_/)]);
  });
});

it('is given up by a pause, and stands where it stood', async () => {
  const long = new Client(
    new Map([
      [
        path,
        'process app {\n    buf = mmap 64KiB\n    loop {\n        write buf = 1\n        madvise buf dontneed\n    }\n}\n',
      ],
    ]),
  );
  await long.start({ stopOnEntry: true });
  await long.move('hmm/seek', { time: 300_000 });
  const asked = long.ask('hmm/history', { query: 'changes pte(buf[0])' });
  await long.ask('pause', { threadId: 1 });
  expect((await asked).message).toMatch(/given up/);
  expect(long.adapter.session.time).toBe(300_000);
  // Only the newest are kept, and the answer says so.
  const many = await long.request('hmm/history', { query: 'calls handle_mm_fault' });
  expect(many.rows).toHaveLength(2000);
  expect(many.note).toMatch(/newest 2000/);
  expect(many.rows.map(({ time }) => time)).toEqual(many.rows.map(({ time }) => time).sort((a, b) => a - b));
});
