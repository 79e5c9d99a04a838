/** Device-exclusive access to parts of a huge page under 6.12: only tail pages are refused, the head takes all of them. */

import { describe, expect, it } from 'vitest';
import { holds } from './holds';

const DEVICE = 'device gpu0 private 64MiB driver dmirror';
const app = (body: string): string => `${DEVICE}\nprocess app {\nt = mmap 2MiB huge\n${body}\n}`;

describe('exclusive access to a huge page', () => {
  it('of its first page succeeds, with all 512 entries; each CPU access restores one', () => {
    holds(
      '6.12',
      app(`
        write t = 4
        gpu0 exclusive t[0] expect ok
        expect pte(t[0]).kind == "device-exclusive" and pte(t[511]).kind == "device-exclusive"
        expect t[0].page.refcount == 512
        gpu0 check_exclusive t[0] expect EPERM
        read t[511] expect 4
        expect pte(t[511]).kind == "present" and pte(t[510]).kind == "device-exclusive"
        write t[3] = 5
        gpu0 check_exclusive t[0] expect EPERM
        read t[0] expect 4
        gpu0 check_exclusive t[0] expect ok
        read t[1..3] expect 4`),
    );
  });

  it('of four pages is EBUSY, and yet all 512 entries have become exclusive', () => {
    holds(
      '6.12',
      app(`
        write t = 4
        gpu0 exclusive t[0..4] expect EBUSY
        expect pte(t[0]).kind == "device-exclusive" and pte(t[511]).kind == "device-exclusive"
        gpu0 check_exclusive t[0..4] expect EPERM
        read t expect 4
        gpu0 check_exclusive t[0..4] expect ok`),
    );
  });

  it('of tail pages is EBUSY: the huge entry is split, and nothing is exclusive', () => {
    holds(
      '6.12',
      app(`
        write t = 4
        gpu0 exclusive t[1..3] expect EBUSY
        expect not pte(t[0]).huge
        expect pte(t[0]).kind == "present" and pte(t[1]).kind == "present"
        gpu0 check_exclusive t[0..4] expect ok`),
    );
  });

  it('is taken along by fork, mprotect, mremap and munmap, and keeps the page from being split or moved', () => {
    holds(
      '6.12',
      app(`
        write t = 4
        gpu0 exclusive t[0] expect ok
        migrate t[0..8] to gpu0 expect ENOENT
        expect pte(t[0]).kind == "device-exclusive"
        mprotect t[8..16] r
        mremap t[16..32] to 0x1800000000
        munmap t[32..64]
        fork child { read t[0] expect 4; write t[1] = 5; exit 0 }
        wait child
        read 0x1800000000 for 16 pages expect 4
        read t[0..16] expect 4
        write t[8] = 1 expect SIGSEGV`),
    );
  });

  it('waits, tail by tail, for whoever has the folio locked', () => {
    for (let seed = 1; seed <= 12; seed++)
      expect(
        holds(
          '6.12',
          `machine { cpus 2 }\n${DEVICE}\nschedule seed ${seed}\nprocess app {
            t = mmap 2MiB huge
            write t[0..4] = 4
            thread A cpu 0 { repeat 3 { gpu0 exclusive t[0] } }
            thread B cpu 1 { repeat 3 { write t[3] = 5; read t[0]; read t[511] } }
            join A
            join B
            read t[3] expect 5
          }`,
        ).stop,
      ).toBe('end');
  });
});
