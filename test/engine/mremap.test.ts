/** What mremap refuses, and in which order; and what mirrors are told of it. */

import { describe, expect, it } from 'vitest';
import { holds } from './holds';

const DEVICE = 'device gpu0 private 64MiB driver dmirror';
const app = (body: string): string => `${DEVICE}\nprocess app {\n${body}\n}`;

describe.each(['4.14', '6.1', '6.12'])('mremap under %s', (profile) => {
  const mapped = 'buf = mmap 16KiB at 0x1000000000\nwrite buf = 1 rising';

  it.each([
    ['of nothing', 'mremap 0x1100000000 for 2 pages size 8KiB to 0x1200000000 expect EFAULT'],
    ['of less than it names', 'mremap 0x1000003000 for 2 pages to 0x1200000000 expect EFAULT'],
    ['onto a part of itself', 'mremap buf to 0x1000001000 expect EINVAL'],
    ['to the outside of user space', 'mremap buf to 0x7ffffffff000 expect EINVAL'],
  ])('%s fails and changes nothing', (_, call) => {
    holds(profile, app(`${mapped}\n${call}\nread buf expect [1, 2, 3, 4]`));
  });

  it('moves what is there and keeps what it had, the device pages too', () => {
    holds(
      profile,
      app(`${mapped}
        migrate buf[1..3] to gpu0
        mremap buf to 0x1200000000
        expect buf[1].page.zone == Device and buf[3].page.zone != Device
        read 0x1000000000 expect SIGSEGV code MAPERR
        read buf expect [1, 2, 3, 4]`),
    );
  });
});

it.each([
  ['4.14', 'EINVAL'],
  ['6.1', 'EFAULT'],
  ['6.12', 'EFAULT'],
])('under %s, of nothing onto itself it is %s', (profile, error) => {
  holds(profile, app(`mremap 0x1000000000 for 2 pages to 0x1000001000 expect ${error}`));
});

const PAGE = 4096;

/** The two ranges of which gpu0's mirror hears while a buffer moves: of the move itself, and of the unmapping after it. */
function told(profile: string, body: string): [from: number, to: number][] {
  const { run } = holds(profile, app(`${body}\nread buf expect 1\nclose gpu0`));
  return [...run.kernel.events.between(0, run.kernel.time + 1)]
    .filter(({ name, leave }) => name === 'invalidate' && !leave)
    .map(({ args }): [number, number] => [(args[3] ?? 0) * PAGE, (args[4] ?? 0) * PAGE])
    .slice(0, 2);
}

/** Three pages before a boundary of page tables. */
const FROM = 0x10_001f_d000;
const SAME_PLACE = 0x18_001f_d000;
const BEFORE = 'other = mmap 4KiB at 0x1000100000';

describe('a mirror is told of a move', () => {
  it.each([
    { profile: '6.12', where: 'from the boundary below it on', first: 0x10_0000_0000 },
    { profile: '6.1', where: 'where it is' },
    { profile: '6.12', where: 'where it is, if it ends before the next table', pages: 2 },
    { profile: '6.12', where: 'where it is, if it comes to another place of its table', to: 0x18_0000_1000 },
    { profile: '6.12', where: 'where it is, if something is mapped in the table before it', more: BEFORE },
  ])('under $profile $where', ({ profile, first = FROM, pages = 5, to = SAME_PLACE, more = '' }) => {
    const end = FROM + pages * PAGE;
    const moving = `${more}
      buf = mmap ${pages} pages at ${FROM}
      write buf = 1
      gpu0 read buf
      mremap buf to ${to}`;
    expect(told(profile, moving)).toEqual([
      [first, end],
      [FROM, end],
    ]);
  });
});
