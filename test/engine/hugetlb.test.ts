/** Mappings of the hugetlb pool: no path treats their pages as transparent huge ones. */

import { describe, expect, it } from 'vitest';
import { holds } from './holds';

const BOTH = ['4.14', '6.12'] as const;
const DEVICE = 'device gpu0 private 64MiB driver dmirror';
const machine = (pages: number, body: string): string =>
  `machine { hugepages ${pages} }\n${DEVICE}\nprocess app {\n${body}\n}`;

describe.each(BOTH)('hugetlb under %s', (profile) => {
  const modern = profile === '6.12';

  it('is shared by fork and copied on write, by whoever writes first', () => {
    holds(
      profile,
      machine(
        4,
        `h = mmap 2MiB hugetlb
         write h[0..8] = 3
         fork child { read h[0] expect 3; write h[0] = 9; read h[0] expect 9; read h[1] expect 3; exit 0 }
         wait child
         read h[0] expect 3
         write h[1] = 4
         read h[0] expect 3
         munmap h`,
      ),
    );
  });

  it('is cut nowhere: what would split a VMA inside a huge page is EINVAL and changes nothing', () => {
    const alone = modern ? 'EINVAL' : 'ENOMEM';
    holds(
      profile,
      machine(
        4,
        `h = mmap 4MiB hugetlb
         write h = 3
         mprotect h[0..4] r expect EINVAL
         mprotect h[8..512] r expect EINVAL
         munmap h[0..4] expect EINVAL
         madvise h[1..2] dontfork expect EINVAL
         madvise h[0..100] wipeonfork expect EINVAL
         x = mmap 16KiB at h + 64KiB expect ${alone}
         b = mmap 16KiB
         mremap b to h + 64KiB expect EINVAL
         mlock h[1..3] expect ok
         munlock h[1..3] expect ok
         expect pte(h[0]).huge and pte(h[512]).huge
         mprotect h[0..512] r expect ok
         write h[0] = 1 expect SIGSEGV`,
      ),
    );
  });

  it('takes each advice as the kernel does', () => {
    const zapped = modern ? ['ok', '0'] : ['EINVAL', '3'];
    holds(
      profile,
      machine(
        4,
        `h = mmap 4MiB hugetlb
         write h = 3
         madvise h free expect EINVAL
         madvise h willneed expect ok
         madvise h mergeable expect ok
         madvise h unmergeable expect ok
         madvise h dontdump expect ok
         madvise h dodump expect ${modern ? 'ok' : 'EINVAL'}
         madvise h[8..512] dontneed expect EINVAL
         madvise h[0..8] dontneed expect ${zapped[0]}
         read h[0] expect 3
         madvise h[0..600] dontneed expect ${zapped[0]}
         read h[0] expect ${zapped[1]}
         read h[512] expect 3
         ${modern ? 'madvise h cold expect EINVAL; madvise h pageout expect EINVAL' : ''}
         ${modern ? 'madvise h populate_write expect ok' : ''}`,
      ),
    );
  });

  it('is moved whole by mremap, from boundary to boundary, and never grows', () => {
    holds(
      profile,
      modern
        ? machine(
            4,
            `h = mmap 4MiB hugetlb
             write h[0..513] = 3
             mremap h[0..512] to 0x1800001000 expect EINVAL
             mremap h[1..512] to 0x1800000000 expect EINVAL
             mremap h size 8MiB to 0x1800000000 expect EINVAL
             mremap h size 8MiB expect EINVAL
             gpu0 read h[0] expect 3
             mremap h to 0x1800000000 expect ok
             read 0x1800000000 expect 3
             read 0x1800200000 expect 3
             gpu0 read 0x1800000000 for 4KiB expect 3
             expect pte(0x1800000000).huge
             munmap 0x1800000000 for 4MiB expect ok`,
          )
        : machine(
            4,
            `h = mmap 4MiB hugetlb
             write h = 3
             mremap h to 0x1800000000 expect EINVAL
             mremap h size 8MiB expect EINVAL
             read h[0] expect 3
             mremap h size 2MiB expect ok
             read h[0] expect 3
             munmap h[0..512]`,
          ),
    );
  });

  it('goes to no device, and devices see it where it is', () => {
    holds(
      profile,
      machine(
        2,
        `h = mmap 2MiB hugetlb
         write h[0..4] = 3
         migrate h[0..4] to gpu0 expect EINVAL
         gpu0 read h[0..4] expect 3
         gpu0 write h[0] = 7
         read h[0] expect 7
         reclaim h[0..4]
         gup h[0..4] w expect ok
         pin h[0..4] w fast as p expect ok
         mprotect h r
         gpu0 read h[0] expect 7
         mprotect h rw
         write h[0] = 8
         read h[0] expect 8
         unpin p
         expect pte(h[0]).huge`,
      ),
    );
  });

  it('a pool that is empty: the child is killed, the parent keeps what it was promised', () => {
    holds(
      profile,
      machine(
        1,
        `h = mmap 2MiB hugetlb
         write h[0] = 3
         fork child
         on child write h[0] = 9 expect SIGBUS
         on child read h[0] expect 3
         write h[0] = 4
         read h[0] expect 4
         on child read h[0] expect SIGBUS`,
      ),
    );
  });
});

describe('hugetlb under 6.12', () => {
  it('is refused for exclusive access: EBUSY, and nothing changes', () => {
    const { run } = holds(
      '6.12',
      machine(
        2,
        `h = mmap 2MiB hugetlb
         write h = 3
         gpu0 exclusive h[0..4] expect EBUSY
         gpu0 exclusive h[1] expect EBUSY
         expect pte(h[0]).huge and pte(h[0]).write
         read h[0..4] expect 3`,
      ),
    );
    const names = [...run.kernel.events.between(0, run.kernel.time + 1)].map(({ name }) => name);
    expect(names).not.toContain('split_huge_pmd');
  });

  it('a pinned page is copied for a child at once; where the pool has none left, fork fails', () => {
    const pinned = (pages: number, rest: string): string =>
      machine(pages, `h = mmap 2MiB hugetlb\nwrite h[0..2] = 3\npin h[0] w longterm as p\n${rest}\nunpin p`);
    holds(
      '6.12',
      pinned(
        2,
        `fork child
         expect pte(h[0]).write
         on child expect pte(h[0]).write
         on child write h[0] = 9
         on child read h[1] expect 3
         read h[0] expect 3`,
      ),
    );
    holds('6.12', pinned(1, 'fork child expect ENOMEM\nread h[0] expect 3\nexpect pte(h[0]).huge'));
  });

  it('an advised range that was dropped is promised again', () => {
    holds(
      '6.12',
      machine(
        1,
        `h = mmap 2MiB hugetlb
         write h[0] = 3
         madvise h dontneed
         t = mmap 2MiB hugetlb expect ENOMEM
         read h[0] expect 0
         munmap h
         t = mmap 2MiB hugetlb expect ok`,
      ),
    );
  });

  it('mirrors are told of mprotect whether anything is mapped or not', () => {
    const told = ({ run }: ReturnType<typeof holds>): number =>
      [...run.kernel.events.between(0, run.kernel.time + 1)].filter(
        ({ name, leave }) => name === 'invalidate' && !leave,
      ).length;
    const count = (kind: string): number =>
      told(holds('6.12', machine(2, `gpu0 read 0x3000 expect EFAULT\nh = mmap 2MiB ${kind}\nmprotect h r`)));
    expect(count('hugetlb') - count('huge')).toBe(1);
  });
});
