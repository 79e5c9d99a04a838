/** Advice for all of a huge page that is mapped page by page: before 6.10 it is split, since then it is taken as one. */

import { describe, expect, it } from 'vitest';
import { type Ran, runText } from './run-scenario';

/** A huge page whose entry was split by mprotect, so that 512 entries map it; then the advice, and what must be. */
const ran = (profile: string, advice: string, after: string): Ran =>
  runText(
    `machine { node 0 { dma32 64MiB } swap 8MiB }
process app {
    buf = mmap 2MiB huge at 0x1000000000
    write buf[0] = 7
    mprotect buf[0..4] r
    mprotect buf[0..4] rw
    write buf[9] = 9
    expect buf[0].page.head
    drain lru
    ${advice}
    ${after}
}
`,
    profile,
  );

const failures = (profile: string, advice: string, after: string): readonly string[] =>
  ran(profile, advice, after).failures;

const WHOLE = 'expect buf[0].page.head\n    expect buf[9].page.tail';
const SPLIT = 'expect not buf[0].page.head\n    expect not buf[9].page.tail';

describe.each(['6.12', '7.2'])('under %s', (profile) => {
  it.each(['cold', 'free', 'pageout'])('%s of all of it leaves it whole', (advice) => {
    expect(failures(profile, `madvise buf ${advice}`, WHOLE)).toEqual([]);
  });

  it.each(['cold', 'free', 'pageout'])('%s of a part splits it', (advice) => {
    expect(failures(profile, `madvise buf[0..100] ${advice}`, SPLIT)).toEqual([]);
    expect(failures(profile, `madvise buf[1..] ${advice}`, SPLIT)).toEqual([]);
  });

  it('cold makes its entries old', () => {
    expect(
      failures(profile, 'madvise buf cold', 'expect not buf[0].pte.young\n    expect not buf[9].pte.young'),
    ).toEqual([]);
  });

  it('free makes it clean and lazily free', () => {
    const after = `expect not buf[9].pte.dirty
    expect not buf[0].page.dirty
    expect not buf[0].page.swapbacked
    read buf[9] expect 9`;
    expect(failures(profile, 'madvise buf free', after)).toEqual([]);
  });

  it.each(['cold', 'free', 'pageout'])('%s leaves what a child maps too as it is', (advice) => {
    const body = `fork child { barrier done }\n    madvise buf[0..100] ${advice}`;
    expect(failures(profile, body, `${WHOLE}\n    barrier done`)).toEqual([]);
  });
});

it.each(['cold', 'free', 'pageout'])(
  '%s tries once to split one that is pinned, and leaves what is mapped in one piece',
  (advice) => {
    const { failures: failed, events } = ran(
      '7.2',
      `pin buf[300] r as p\n    madvise buf[0..100] ${advice}`,
      `${WHOLE}\n    unpin p`,
    );
    expect(failed).toEqual([]);
    const tries = events.filter(({ name, args }) => name === 'split_folio' && args.length > 1);
    expect(tries).toHaveLength(1);
  },
);

describe.each(['6.1'])('under %s', (profile) => {
  it.each(['cold', 'free', 'pageout'])('%s of all of it splits it', (advice) => {
    expect(failures(profile, `madvise buf ${advice}`, SPLIT)).toEqual([]);
  });
});

it('under 4.14 free splits it', () => {
  expect(failures('4.14', 'madvise buf free', SPLIT)).toEqual([]);
});
