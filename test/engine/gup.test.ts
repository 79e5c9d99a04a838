/** References and pins as kernels take them: which memory allows them, what they cost, and how they end. */

import { describe, expect, it } from 'vitest';
import { faultFlags, holds } from './holds';

const BOTH = ['4.14', '6.12'] as const;
const PRIVATE = 'device gpu0 private 64MiB driver dmirror';
const COHERENT = 'device gpu0 coherent 64MiB driver dmirror';
const PERSISTENT = 'device pmem0 persistent 64MiB';

const app = (body: string): string => `process app {\n${body}\n}`;

describe.each(BOTH)('pins under %s', (profile) => {
  const weight = profile === '4.14' ? 1 : 1024;

  it.each(['', 'fast', 'longterm', 'longterm fast'])('hold persistent device memory: pin w %s', (how) => {
    holds(
      profile,
      `${PERSISTENT}\n${app(`
        d = mmap 8KiB device pmem0
        write d = 1
        let before = d[0].page.refcount
        pin d w ${how} as p expect ok
        expect d.page.refcount == before + ${weight}
        unpin p
        expect d.page.refcount == before`)}`,
    );
  });

  it('of persistent memory outlive its mapping', () => {
    holds(
      profile,
      `${PERSISTENT}\n${app(`
        d = mmap 4KiB device pmem0
        write d = 1
        pin d r as p expect ok
        munmap d
        unpin p`)}`,
    );
  });

  it.each(['r', 'w fast', 'r longterm'])(
    'hold pages that a driver inserted into a mixed mapping: pin %s',
    (how) => {
      holds(
        profile,
        `${PRIVATE}\n${app(`
        m = mmap 8KiB device gpu0
        let before = m[0].page.refcount
        gup m r expect ok
        pin m ${how} as p expect ok
        expect m.page.refcount == before + ${weight}
        munmap m
        unpin p`)}`,
      );
    },
  );

  it('by the fast way go on from where an error stopped them, as long as it comes after the first page', () => {
    const failing = (first: string, times: number, outcome: string): string =>
      `${PRIVATE}\n${app(`
        buf = mmap 8KiB
        write buf = 1
        migrate buf[${first}] to gpu0
        dmirror fail migrate_to_ram as sigbus times ${times}
        pin buf r fast as p expect ${outcome}`)}`;
    holds(profile, failing('1', 1, 'ok\nexpect buf[1].page.zone != Device\nunpin p'));
    holds(profile, failing('1', 2, 'EFAULT\nexpect buf[1].page.zone == Device'));
    holds(profile, failing('0', 1, 'EFAULT\nexpect buf[0].page.zone == Device'));
  });

  it('taken by the fast way fault with flags of their own, a plain one with none', () => {
    const allowed = profile === '4.14' ? 0x4 : 0x14;
    const gup = (how: string): number[] =>
      faultFlags(holds(profile, app(`buf = mmap 4KiB\ngup buf ${how} expect ok`)));
    expect(gup('w fast')).toEqual([allowed | 1]);
    expect(gup('r fast')).toEqual([allowed]);
    expect(gup('w')).toEqual([1]);
    expect(gup('r')).toEqual([0]);
  });

  it("a device's error in the kernel's own copy is EFAULT at once; where words are copied, at the second try", () => {
    const copy = (what: string): string =>
      `${PRIVATE}\n${app(`
        buf = mmap 4KiB
        write buf = 1
        migrate buf to gpu0
        dmirror fail migrate_to_ram as sigbus times 1
        ${what}`)}`;
    for (const call of ['copy_from_user', 'copy_to_user']) {
      holds(profile, copy(`${call} buf expect EFAULT\nexpect buf.page.zone == Device`));
      holds(profile, copy(`${call} buf bytes 7 expect EFAULT`));
      holds(profile, copy(`${call} buf bytes 16 expect ok\nexpect callbacks.page_fault == 2`));
    }
  });
});

describe('pins under 6.12', () => {
  it.each([
    // x86 writes an entry of the PMD table back only where it becomes dirty (pmdp_set_access_flags).
    ['gup buf[3] r', false],
    ['gup buf[3] w', true],
    ['gup buf[3] r fast', false],
    ['pin buf[3] r as p\nunpin p', false],
  ])('touch what they find only where the kernel asks for that: %s', (how, touched) => {
    holds(
      '6.12',
      app(`
        buf = mmap 2MiB huge
        write buf[3] = 1
        madvise buf cold
        expect not pte(buf).young
        ${how}
        expect ${touched ? '' : 'not '}pte(buf).young`),
    );
  });

  it('whoever drops the last reference of a coherent page gives it back to its driver', () => {
    holds(
      '6.12',
      `${COHERENT}\n${app(`
        buf = mmap 8KiB
        write buf = 1
        migrate buf to gpu0
        pin buf w fast as p
        munmap buf
        expect gpu0.used == 2
        expect callbacks.page_free == 0
        unpin p
        expect callbacks.page_free == 2
        expect gpu0.used == 0`)}`,
    );
  });

  it('a child that inherits a pinned page without access gets an entry without access', () => {
    holds(
      '6.12',
      app(`
        buf = mmap 4KiB
        write buf = 7
        pin buf w longterm fast as p
        mprotect buf none
        fork child
        on child read buf expect SIGSEGV code ACCERR
        on child mprotect buf r
        on child read buf expect 7
        unpin p`),
    );
  });

  it('a coherent page that somebody else holds fails a long-term pin with EBUSY, and nothing stays pinned', () => {
    holds(
      '6.12',
      `${COHERENT}\n${app(`
        buf = mmap 16KiB
        write buf = 1
        migrate buf[1..4] to gpu0
        get_page buf[2]
        pin buf w longterm expect EBUSY
        expect buf[0].page.refcount < 1024
        expect buf[1].page.zone != Device
        expect buf[2].page.zone == Device and buf[3].page.zone == Device
        put_page buf[2]
        pin buf w longterm as p expect ok
        expect buf[2].page.zone != Device
        unpin p`)}`,
    );
  });
});
