/** Where pages come from, and what long-term pins may not keep (ZONE_MOVABLE). */

import { describe, expect, it } from 'vitest';
import { holds } from './holds';

const BOTH = ['4.14', '6.12'] as const;
const MOVABLE = 'machine { node 0 { dma32 64MiB normal 64MiB movable 64MiB } cpus 2 swap 16MiB hugepages 1 }';
const app = (body: string): string => `process app {\n${body}\n}`;

describe.each(BOTH)('zones under %s', (profile) => {
  it("a process's pages come from ZONE_MOVABLE first, the kernel's own never", () => {
    holds(
      profile,
      `${MOVABLE}\ndevice gpu0 private 4MiB\n${app(`
        a = mmap 16KiB
        write a = 1
        s = mmap 16KiB shmem
        write s = 1
        t = mmap 2MiB huge
        write t[0] = 1
        expect a.page.zone == Movable
        expect s.page.zone == Movable
        expect t[0].page.zone == Movable
        fork child { write a[0] = 2; expect a[0].page.zone == Movable; exit 0 }
        wait child
        migrate a to gpu0
        read a
        expect a.page.zone == Movable
        m = mmap 4KiB device gpu0
        expect m[0].page.zone == Normal
        expect zone.Movable.page_table_pages == 0`)}`,
    );
  });

  it('are tried node by node, in each from the highest down', () => {
    holds(
      profile,
      `machine { node 0 { dma32 64MiB normal 4MiB } node 1 { normal 64MiB movable 64MiB } }\n${app(`
        buf = mmap 8MiB
        write buf = 1
        expect buf.page.node == 0
        expect buf[2047].page.zone == DMA32`)}`,
    );
  });
});

describe('long-term pins under 6.12', () => {
  const PINNED = ['', 'fast'] as const;

  it.each(PINNED)('move anonymous pages out of ZONE_MOVABLE first: pin longterm %s', (how) => {
    holds(
      '6.12',
      `${MOVABLE}\n${app(`
        a = mmap 64KiB
        write a = 1 rising
        fork child
        pin a[0..8] r longterm ${how} as p expect ok
        expect a[0..8].page.zone == Normal
        expect a[8..16].page.zone == Movable
        read a expect 1 rising
        on child read a expect 1 rising
        unpin p
        pin a[8..16] w as q expect ok
        expect a[8..16].page.zone == Movable
        unpin q`)}`,
    );
  });

  it('take new pages from elsewhere at once', () => {
    holds(
      '6.12',
      `${MOVABLE}\n${app(`
        a = mmap 64KiB
        pin a w longterm as p expect ok
        expect a.page.zone == Normal
        b = mmap 4KiB
        write b = 1
        expect b[0].page.zone == Movable
        unpin p`)}`,
    );
  });

  it('move pages of the page cache and of the swap cache, which know them afterwards', () => {
    holds(
      '6.12',
      `${MOVABLE}\n${app(`
        s = mmap 16KiB shmem
        write s = 5 rising
        fork child { read s expect 5 rising; barrier here; read s expect 5 rising; write s[0] = 9; exit 0 }
        barrier here
        pin s w longterm as p expect ok
        expect s.page.zone == Normal
        wait child
        read s[0] expect 9
        unpin p
        a = mmap 16KiB
        write a = 7 rising
        reclaim a
        read a expect 7 rising
        pin a r longterm as q expect ok
        expect a.page.zone == Normal
        read a expect 7 rising
        unpin q`)}`,
    );
  });

  it('split a huge page, and move of it what is pinned', () => {
    holds(
      '6.12',
      `${MOVABLE}\n${app(`
        t = mmap 2MiB huge
        write t = 3
        pin t[4..8] w longterm as p expect ok
        expect t[4..8].page.zone == Normal
        expect t[0].page.zone == Movable and t[511].page.zone == Movable
        read t expect 3
        unpin p
        h = mmap 2MiB hugetlb
        write h[0] = 1
        pin h[0] w longterm as q expect ok
        unpin q`)}`,
    );
  });

  it('fail with ENOMEM where somebody else holds a page, and leave nothing pinned', () => {
    holds(
      '6.12',
      `${MOVABLE}\n${app(`
        a = mmap 16KiB
        write a = 1
        get_page a[2]
        pin a w longterm expect ENOMEM
        expect a[2].page.zone == Movable and a[2].page.refcount < 1024
        expect a[1].page.zone == Normal and a[1].page.refcount < 1024
        put_page a[2]
        pin a[2] w as short expect ok
        pin a w longterm expect ENOMEM
        unpin short
        pin a w longterm as p expect ok
        expect a.page.zone == Normal
        unpin p`)}`,
    );
  });

  it('and no memory elsewhere: ENOMEM', () => {
    holds(
      '6.12',
      `machine { node 0 { normal 1MiB movable 8MiB } }\n${app(`
        a = mmap 2MiB
        write a = 1
        pin a w longterm expect ENOMEM
        read a expect 1`)}`,
    );
  });

  it('wait for pages in the batch of another CPU, and for whoever has isolated one', () => {
    for (let seed = 1; seed <= 15; seed++)
      expect(
        holds(
          '6.12',
          `${MOVABLE}\ndevice gpu0 private 1MiB\nschedule seed ${seed}\nprocess app {
            a = mmap 16KiB
            thread A cpu 0 { repeat 3 { write a = 1; migrate a[0..2] to gpu0 } }
            thread B cpu 1 { repeat 3 { pin a r longterm fast as q; unpin q } }
            join A
            join B
            read a expect 1
          }`,
        ).stop,
      ).toBe('end');
  });
});

describe.each(BOTH)("a driver's failing allocation under %s", (profile) => {
  const home = (body: string, switches = ''): void => {
    holds(
      profile,
      `${switches}\ndevice gpu0 private 4MiB\n${app(`
        a = mmap 8KiB
        write a = 0x61
        migrate a to gpu0
        gpu0 fail alloc times 2
        ${body}`)}`,
    );
  };

  it('also holds on the way home: the driver returns 0, and the fault comes again', () =>
    home('read a[0] expect 0x61\nexpect callbacks.page_fault == 3'));

  it('lets pages stay that the driver is to bring home', () =>
    home(`
      migrate a from gpu0 expect cpages 0
      expect a.page.zone == Device
      migrate a from gpu0 expect cpages 2`));

  if (profile === '6.12')
    it('is not that of closing the device, which allocates with __GFP_NOFAIL', () =>
      home('gpu0 repair\ngpu0 fail alloc\nclose gpu0\nread a expect 0x61'));

  // Eviction goes by the reverse map, which finds no device entries before these two.
  const FINDS_DEVICE_ENTRIES =
    profile === '4.14' ? 'switch fix-aab8d0520e6e on\nswitch fix-1de13ee59225 on' : '';

  it('a device gives its memory back, and no invariant misses its pages', () =>
    home(
      'gpu0 repair\nread a[0]\ngpu0 release\nread a expect 0x61\nexpect gpu0.total == 0',
      FINDS_DEVICE_ENTRIES,
    ));
});
