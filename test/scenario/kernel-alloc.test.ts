/** The kernel gets no memory for something of its own: what becomes of faults, fork, migrations and evictions. */

import { describe, expect, it } from 'vitest';
import { VmFault } from '../../src/engine/kernel/constants';
import type { EventName } from '../../src/engine/routine/event-schema';
import type { Event } from '../../src/engine/routine/events';
import { checkScenario } from '../../src/language';
import { refusalOf } from '../../src/view/environment';
import { runText } from './run-scenario';

const scenario = (body: string, head = ''): string => `device gpu0 private 1MiB
${head}
process app {
    buf = mmap 16KiB
    ${body}
}
`;

/** Runs under both profiles; the log's events of one kind, and what was not as expected. */
function run(
  text: string,
  name: EventName,
  profile: string,
): { events: Event[]; failures: readonly string[] } {
  const { run: done, failures } = runText(text, profile);
  const { events, time } = done.kernel;
  return { events: [...events.between(0, time)].filter((event) => event.name === name), failures };
}

describe.each(['4.14', '6.12'])('without memory for it, under %s,', (profile) => {
  it.each([
    ['page_table', 2],
    ['anon_vma', 1],
    ['', 3],
  ])('a first write is tried again until there is some: %s %i times', (what, times) => {
    const body = `fail kernel alloc ${what} times ${times}\n    write buf[0] = 7\n    read buf[0] expect 7`;
    const { events, failures } = run(scenario(body), 'handle_mm_fault', profile);
    expect(failures).toEqual([]);
    const ooms = events.filter(({ leave, args }) => leave && args[0] === VmFault.OOM);
    expect(ooms).toHaveLength(times);
  });

  it.each(['page_table', 'anon_vma'])('fork is ENOMEM and leaves nothing behind: %s', (what) => {
    const body = `write buf = 1
    let before = zone.Normal.free
    fail kernel alloc ${what} times 1
    fork one expect ENOMEM
    expect zone.Normal.free == before
    fork two
    on two read buf expect 1
    on two exit 0
    wait two`;
    expect(run(scenario(body), 'fork', profile)).toMatchObject({ failures: [], events: [{ name: 'fork' }] });
  });

  it('a hole that a migration should fill stays one', () => {
    const body = `fail kernel alloc page_table
    migrate buf to gpu0
    repair kernel
    expect buf[0].page == none
    expect gpu0.used == 0
    migrate buf to gpu0
    expect buf.page.zone == Device`;
    const { events, failures } = run(scenario(body), 'refused', profile);
    expect(failures).toEqual([]);
    expect(events.map(({ args }) => refusalOf(args).rule)).toContain('no_memory');
  });
});

describe.each(['4.14', '6.1', '6.12', '7.2'])('without memory for a VMA, under %s,', (profile) => {
  /** What is not as expected after `body`, in an address space that has one VMA of 16 pages. */
  const failuresOf = (body: string): readonly string[] => {
    const text = `device gpu0 private 1MiB
process app {
    buf = mmap 64KiB
    write buf = 7
    ${body}
}
`;
    return runText(text, profile).failures;
  };
  const fail = (times = 1): string => `fail kernel alloc vma times ${times}`;
  const whole = 'expect vma(buf).end - vma(buf).start == 64KiB';

  it.each([
    ['munmap buf[0..4]', 'ENOMEM'],
    ['munmap buf[12..16]', 'ENOMEM'],
    ['munmap buf[4..8]', 'ENOMEM'],
    ['mprotect buf[4..8] r', 'ENOMEM'],
    ['mlock buf[4..8]', 'ENOMEM'],
    ['madvise buf[4..8] nohugepage', 'EAGAIN'],
    ['mremap buf[4..8] to 0x1800000000', 'ENOMEM'],
    ['fork child', 'ENOMEM'],
  ])('%s is %s, and everything is as before', (statement, errno) => {
    expect(failuresOf(`${fail()}\n    ${statement} expect ${errno}\n    ${whole}`)).toEqual([]);
    const contents = 'write buf[5] = 8\n    read buf[15] expect 7';
    expect(failuresOf(`${fail()}\n    ${statement} expect ${errno}\n    ${contents}`)).toEqual([]);
    expect(failuresOf(`${statement} expect ok`)).toEqual([]);
  });

  it('a mapping doesn’t shrink', () => {
    const body = `${fail()}\n    mremap buf size 32KiB expect ENOMEM`;
    expect(failuresOf(`${body}\n    ${whole}`)).toEqual([]);
    expect(failuresOf('mremap buf size 32KiB expect ok')).toEqual([]);
  });

  it('a new mapping can not be, but where a neighbour grows', () => {
    const body = `${fail()}
    other = mmap 4KiB shared expect ENOMEM
    ${fail()}
    more = mmap 16KiB at buf + 64KiB expect ok
    expect vma(buf).end - vma(buf).start == 80KiB`;
    expect(failuresOf(body)).toEqual([]);
  });

  it('what made room for a mapping at an address is gone', () => {
    const body = `${fail()}
    over = mmap 64KiB shared at buf expect ENOMEM
    read buf expect SIGSEGV`;
    expect(failuresOf(body)).toEqual([]);
  });

  it('a part that was moved to a neighbour leaves the VMA in one piece, and empty there', () => {
    const body = `mremap buf[0..4] to 0x1800000000
    ${fail()}
    mremap buf[4..8] to 0x1800004000 expect ok
    expect vma(buf[4]).start == buf + 16KiB
    expect vma(buf[4]).end == buf + 64KiB
    read buf[4] expect 0
    read buf[8] expect 7`;
    expect(failuresOf(body)).toEqual([]);
  });
});

describe('the arrays of an eviction', () => {
  const body = 'write buf = 1\n    migrate buf to gpu0\n    fail kernel alloc eviction\n    gpu0 evict';

  it('are always there, for they are asked for with __GFP_NOFAIL', () => {
    const { events, failures } = run(
      scenario(`${body}\n    expect buf[0].page.zone != Device`),
      'oops',
      '6.12',
    );
    expect({ events, failures }).toEqual({ events: [], failures: [] });
  });

  it('are written by a NULL pointer where the driver asks without it', () => {
    const { events } = run(scenario(body, 'switch driver-eviction-may-fail on'), 'oops', '6.12');
    expect(events).toMatchObject([{ args: [0, 0] }]);
  });
});

describe('what is wrong in it', () => {
  const problems = (statement: string): string[] =>
    checkScenario(scenario(statement), 'f').map(({ message }) => message);

  it.each([
    ['fail kernel alloc page_tabel', /did you mean `page_table`\?/],
    ['fail kernel', /expected `alloc`, as in `fail kernel alloc page_table`/],
    ['fail gpu0 alloc', /expected `kernel`, or the name of a device before the verb/],
    ['fail kernel alloc times 0', /how often the kernel gets no memory/],
    ['repair gpu0', /expected `kernel`, or the name of a device before the verb/],
  ])('%s', (statement, sentence) => {
    expect(problems(statement)).toEqual([expect.stringMatching(sentence)]);
  });
});
