/** Advice for a part of a huge page. */

import { describe, it } from 'vitest';
import { holds } from './holds';

const HUGE = 'buf = mmap 2MiB anon rw huge at 0x1000000000\nwrite buf[0..4] = 1\nexpect pte(buf).huge';
const process = (body: string): string => `process app {\n${HUGE}\n${body}\n}`;

describe.each(['cold', 'free', 'pageout'])('madvise %s', (advice) => {
  it('of a part of a huge page splits it, and zero pages take the place of what nobody wrote to', () => {
    holds(
      '6.12',
      process(`madvise buf[0..2] ${advice}
        expect not pte(buf[0]).huge
        read buf[0..4] expect 1
        read buf[100] expect 0`),
    );
  });

  it('of all of it does not', () => {
    holds('6.12', process(`madvise buf ${advice}\nexpect pte(buf).huge`));
  });

  it('leaves one alone that a child maps too', () => {
    holds(
      '6.12',
      process(`fork child { barrier done; exit 0 }
        madvise buf[0..2] ${advice}
        expect pte(buf).huge
        barrier done
        wait child`),
    );
  });

  it('leaves one whole that somebody holds', () => {
    holds(
      '6.12',
      process(`pin buf[0..1] w as p
        madvise buf[0..2] ${advice}
        expect pte(buf).huge
        unpin p
        madvise buf[0..2] ${advice}
        expect not pte(buf).huge
        read buf[0..4] expect 1`),
    );
  });
});
