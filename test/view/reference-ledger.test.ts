/** The ledger of a page says when each reference was taken, and what keeps a migration from moving it. */

import { expect, it } from 'vitest';
import { Client } from '../adapter/client';
import { problemsOf, runText } from '../scenario/run-scenario';
import { printed } from './one-page';

/** What holds the page before it is to move to the device; the counts follow from the kernel's rule. */
const cases = [
  { what: 'its entry alone', before: '', refcount: 1, expected: 1, holder: undefined },
  {
    what: 'a pin',
    before: 'pin buf r as p',
    refcount: 1025,
    expected: 1,
    holder: 'pin_user_pages (p)',
  },
  {
    what: 'the entries of two processes',
    before: 'fork child { barrier done }',
    after: 'barrier done; wait child',
    refcount: 2,
    expected: 2,
    holder: undefined,
  },
  {
    what: 'a per-CPU batch, which is drained',
    before: 'write buf = 2',
    refcount: 1,
    expected: 1,
    holder: undefined,
  },
] as const;

for (const profile of ['6.1', '6.12', '7.2'])
  it.each(cases)(`%# under ${profile}: $what`, (one) => {
    const lines = printed(
      profile,
      [
        one.before,
        'print "{holders(buf)}"',
        'migrate buf to gpu0',
        'print "{buf.page.device}"',
        'after' in one ? one.after : '',
      ].join('\n    '),
    );
    const [ledger = '', device] = lines;
    const way = one.holder === undefined ? '' : `; ${one.holder} is in the way`;
    expect(ledger).toContain(`refcount ${one.refcount}, a migration expects ${one.expected}${way}`);
    expect(ledger.includes('a migration does not expect it')).toBe(one.holder !== undefined);
    // What the ledger says is what the migration then does.
    expect(device).toBe(one.holder === undefined ? 'gpu0' : 'none');
  });

it('has the time at which a pin was taken, which is the time just before the count went up', async () => {
  const text = `profile 6.12
device gpu0 private 1MiB
process app {
    buf = mmap 4KiB
    write buf = 1
    drain lru
    pin buf r as p
    print "{buf.page.refcount}"
    unpin p
}
`;
  const c = new Client(new Map([['/pin.hmm', text]]));
  await c.start({ program: '/pin.hmm' }, () =>
    c.request('setBreakpoints', { source: { path: '/pin.hmm' }, breakpoints: [{ line: 8 }] }),
  );
  const ask = async (expression: string, context: 'repl' | 'hover' = 'repl') =>
    (await c.request('evaluate', { expression, context })).result;
  const since = Number(/pin_user_pages \(p\), since time (\d+);/.exec(await ask('holders(buf)'))?.[1]);
  const hover = await ask('buf.page', 'hover');
  expect(hover).toContain('a migration expects 1; pin_user_pages (p) is in the way');
  expect(hover).toContain(`held by 1024 pin_user_pages (p), since time ${since}`);
  const { variablesReference } = await c.request('evaluate', { expression: 'buf.page', context: 'watch' });
  const page = await c.children(variablesReference);
  expect(page['a migration expects']?.value).toBe('1; pin_user_pages (p) is in the way');
  const rows = await c.children(page['refcount']?.variablesReference ?? 0);
  expect(rows['pin_user_pages (p)']?.value).toBe(`1024, since time ${since}; a migration does not expect it`);
  await c.move('hmm/seek', { time: since });
  expect(await ask('buf.page.refcount')).toBe('1');
  await c.move('hmm/seek', { time: since + 1 });
  expect(await ask('buf.page.refcount')).toBe('1025');
});

it('expects the fault that brings a page home, and not a second one of the same page', () => {
  const seen = { one: 0, two: 0 };
  for (let seed = 0; seed < 30; seed++) {
    const { printed: lines } = runText(`profile 6.12
machine { cpus 3 }
device gpu0 private 1MiB
schedule seed ${seed}
process app {
    buf = mmap 4KiB
    write buf = 1
    migrate buf to gpu0
    thread other cpu 1 { barrier x; read buf }
    thread looks cpu 2 { barrier x; repeat 60 { print "{holders(buf)}" } }
    barrier x
    read buf
    join other
    join looks
}
`);
    for (const line of lines)
      if (line.includes('device-private') && !line.includes('migration (isolated')) {
        const faults = line.match(/fault by [\w.]+, since/g)?.length ?? 0;
        // A page that two faults hold moves for neither as long as the other one holds it.
        expect(line.includes('in the way'), line).toBe(faults === 2);
        if (faults === 1) seen.one++;
        if (faults === 2) seen.two++;
      }
  }
  expect(seen.one).toBeGreaterThan(0);
  expect(seen.two).toBeGreaterThan(0);
});

it('says of what is no page that there is none, and what it takes', () => {
  expect(printed('6.12', 'munmap buf\n    print "{holders(buf)}"')).toEqual(['none']);
  expect(problemsOf('process app {\n    print "{holders(time, 3)}"\n}\n').join('\n')).toMatch(
    /`holders` takes one page or its address, as in `holders\(buf\[3\]\)`/,
  );
});
