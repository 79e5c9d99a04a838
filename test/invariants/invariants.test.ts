import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { memory, mirrors } from '../../src/engine/drivers/dmirror/tables';
import { INVARIANTS } from '../../src/engine/invariants';
import { mmu_interval_set_seq } from '../../src/engine/kernel/mm/mmu_notifier/mmu_notifier';
import { Hold } from '../../src/engine/machine/holds';
import type { MirrorRow } from '../../src/engine/machine/ids';
import { Pg } from '../../src/engine/machine/pages';
import { PTE_SOFT_DIRTY, PTE_WRITE, PTE_YOUNG, Pte } from '../../src/engine/machine/pte';
import { Wait } from '../../src/engine/machine/tasks';
import type { Kernel } from '../../src/engine/routine/kernel';
import { runChecked } from '../properties/machine';
import { brokenBy, replaceStep, type Scene, type Spot } from './plant';

/** Pages 0 and 1 go to the device, 2 and 3 are in memory, the rest was never touched. */
const MOVED = `
  profile 6.12
  device gpu0 private 16 pages
  process p {
    a = mmap 8 pages anon rw
    write a[0..4] = 7
    migrate a[0..2] to gpu0
    print "here"
    read a[3]
    munmap a
  }`;
/** As before, but page 0 has come home, so that its device page is free. */
const RETURNED = MOVED.replace('print', 'read a[0]; print');
/** The entries that migrate may not write. */
const READ_ONLY = MOVED.replace('migrate', 'mprotect a r; migrate');
const REFUSED = MOVED.replace('print', 'gpu0 fail migrate_to_ram; read a[0] expect SIGBUS; print');
const COMES_HOME = MOVED.replace('print', 'read a[0]; print');

const HERE: Spot = { routine: 'p', step: 'print' };
const COLLECTED: Spot = { routine: 'dmirror_migrate', step: 'migrate_vma_pages' };
const IDENTITY_MOVED: Spot = { routine: 'dmirror_migrate', step: 'count what moved' };
const RESTORED: Spot = { routine: 'remove_migration_ptes', step: 'unlock the reverse map' };
const FREEING: Spot = { routine: 'dmirror_devmem_free', step: 'mdevice = dmirror_page_to_device(page)' };
const ZAPPING: Spot = { routine: 'zap_pte_range', step: 'pte_clear' };
const CALLBACK_DONE: Spot = { routine: 'do_swap_page', step: 'put_page(vmf->page)' };

type Disorder = (k: Kernel, scene: Scene) => void;

const mapAgain: Disorder = (k, scene) => {
  k.tables.set(scene.entry(5), scene.lo(2), scene.page(2));
  k.pages.mapcount.add(scene.page(2), 1);
  k.holds.adjust(scene.page(2), 1);
  k.mm.rssAnon.add(scene.mm, 1);
};

const CASES: readonly [invariant: number, what: string, text: string, spot: Spot, disorder: Disorder][] = [
  [1, 'a table counts one entry too many', MOVED, HERE, (k, s) => k.tables.used.add(s.entry(2) >> 9, 1)],
  [2, 'a mapped device page is marked free', MOVED, HERE, (k, s) => k.pages.setFlag(s.page(0), Pg.Free)],
  [3, 'a private page is mapped', MOVED, HERE, (k, s) => k.tables.set(s.entry(0), Pte.Present, s.page(0))],
  [4, 'one mapping too many is counted', MOVED, HERE, (k, s) => k.pages.mapcount.add(s.page(2), 1)],
  [4, 'an entry disappears', MOVED, HERE, (k, s) => k.tables.set(s.entry(2), 0, 0)],
  [5, 'a reference nobody holds', MOVED, HERE, (k, s) => k.holds.adjust(s.page(2), 1)],
  [
    5,
    'a holder without a reference',
    MOVED,
    HERE,
    (k, s) => k.holds.rename(s.page(2), Hold.Pte, 0, Hold.Driver, 1),
  ],
  [
    6,
    'a free page keeps a mapping',
    RETURNED,
    HERE,
    (k) => k.pages.mapping.set(memory.of(k).freeHead.get(1) as never, 5),
  ],
  [6, 'the free list loses its top', RETURNED, HERE, (k) => memory.of(k).freeHead.set(1, 0)],
  [7, 'one page too many given back', MOVED, HERE, (k) => memory.of(k).cfree.add(1, 1)],
  [8, 'a page becomes free in silence', MOVED, HERE, (k, s) => k.pages.setFlag(s.page(0), Pg.Free)],
  [9, 'a device page joins the LRU', MOVED, HERE, (k, s) => k.pages.setFlag(s.page(0), Pg.Lru)],
  [10, 'a private page is pinned', MOVED, HERE, (k, s) => k.pages.pins.add(s.page(0), 1)],
  [11, 'a pgmap reference too many', MOVED, HERE, (k) => k.devices.pgmapRef.add(1, 1)],
  [
    12,
    'a migrating page is unlocked',
    MOVED,
    COLLECTED,
    (k, s) => k.pages.clearFlag(s.migrating.from, Pg.Locked),
  ],
  [
    13,
    'a migrating page joins the LRU',
    MOVED,
    COLLECTED,
    (k, s) => k.pages.setFlag(s.migrating.from, Pg.Lru),
  ],
  [14, 'a destination gets a reference', MOVED, COLLECTED, (k, s) => k.holds.adjust(s.migrating.to, 1)],
  [15, 'cpages counts one too many', MOVED, COLLECTED, (k) => k.migrations.cpages.add(1, 1)],
  [
    16,
    'a destination loses its mapping',
    MOVED,
    IDENTITY_MOVED,
    (k, s) => k.pages.mapping.set(s.migrating.to, 0),
  ],
  [
    17,
    'a restored entry may write',
    READ_ONLY,
    RESTORED,
    (k, s) => k.tables.lo.set(s.entry(0), s.lo(0) | PTE_WRITE),
  ],
  [
    18,
    'a byte changes on the way to the device',
    MOVED,
    RESTORED,
    (k, s) => k.contents.write(k.pages.link.get(s.page(0)) as never, 100, 9),
  ],
  [
    20,
    'a writable page is not exclusive',
    MOVED,
    HERE,
    (k, s) => k.pages.clearFlag(s.page(2), Pg.AnonExclusive),
  ],
  [20, 'an exclusive page is mapped twice', MOVED, HERE, mapAgain],
  [21, 'a shared page is writable', MOVED, HERE, mapAgain],
  [22, 'rss counts one too many', MOVED, HERE, (k, s) => k.mm.rssAnon.add(s.mm, 1)],
  [23, 'a charge without a page', MOVED, HERE, (k) => k.memcgUsage.add(3, 1)],
  [
    24,
    'the process loses the right to write, the device keeps it',
    MOVED,
    HERE,
    (k, s) => k.tables.lo.set(s.entry(0), s.lo(0) & ~PTE_WRITE),
  ],
  [26, 'the sequence is odd without an invalidation', MOVED, HERE, (k, s) => k.mm.notifierSeq.set(s.mm, 7)],
  [28, 'page_free sleeps', RETURNED, FREEING, (k) => k.tasks.block(k.task, Wait.DriverLock, 1, k.time)],
  [
    28,
    'a task sleeps under a spinlock',
    MOVED,
    ZAPPING,
    (k) => k.tasks.block(k.task, Wait.DriverLock, 1, k.time),
  ],
  [
    29,
    'a migration waits for the lock of another page',
    MOVED,
    COLLECTED,
    (k, s) => k.tasks.block(k.task, Wait.PageLock, s.page(2), k.time),
  ],
  [
    30,
    'the lock is gone when the fault returns',
    COMES_HOME,
    CALLBACK_DONE,
    (k, s) => k.mm.lockReaders.set(s.mm, 0),
  ],
  [
    31,
    'a refused entry has changed',
    REFUSED,
    CALLBACK_DONE,
    (k, s) => k.tables.lo.set(s.entry(0), s.lo(0) | PTE_SOFT_DIRTY),
  ],
  [
    32,
    'a device page is put over another page',
    MOVED,
    HERE,
    (k, s) => k.tables.set(s.entry(2), Pte.DevicePrivate | PTE_YOUNG, s.page(1)),
  ],
  [
    33,
    'too many swap areas',
    MOVED,
    HERE,
    (k) => {
      for (let area = 0; area < 30; area++) k.swap.areas.alloc();
    },
  ],
  [
    35,
    'an entry loses a right that a CPU remembers',
    MOVED,
    HERE,
    (k, s) => k.tables.lo.set(s.entry(3), s.lo(3) & ~PTE_WRITE),
  ],
  [36, 'a page stays locked', MOVED, HERE, (k, s) => k.pages.setFlag(s.page(2), Pg.Locked)],
  [
    39,
    'a call returns to a file that was released meanwhile',
    MOVED,
    HERE,
    (k) => {
      const file = k.devices.mirrors.alloc();
      k.devices.mirrors.free(file);
      k.devices.mirrorUsers.add(file, -1);
    },
  ],
];

describe('an invariant is found broken', () => {
  it.each(CASES)('I%i: %s', (number, _, text, spot, disorder) => {
    const broken = brokenBy(text, spot, disorder);
    expect(broken.map(({ invariant }) => invariant.number)).toContain(number);
  });
});

describe('a driver that does not obey an invalidation', () => {
  it('breaks I25', () => {
    const text = MOVED.replace('print "here"', 'fork kid { exit 0 }; wait kid');
    const { broken } = runChecked(text, (run) =>
      replaceStep(run, 'dmirror_interval_invalidate', 'mmu_interval_set_seq()', () => () => undefined),
    );
    expect(broken.join('\n')).toContain('I25 (invalidations are obeyed)');
  });
});

describe('a driver that takes its lock on both sides of mmap_lock', () => {
  const text = `
    profile 6.12
    switch driver-range-lock on
    device gpu0 private 16 pages
    process p {
      a = mmap 2 pages
      write a = 7
      migrate a[0] to gpu0
      read a[0]        # mmap_lock, and in the callback the driver's lock
      gpu0 write a = 1 # the driver's lock, and then mmap_lock
    }`;

  it('breaks I29, although nobody waits', () => {
    const { broken, stop } = runChecked(text);
    expect(stop).toBe('end');
    expect(broken).toHaveLength(1);
    expect(broken[0]).toMatch(
      /I29 \(locks have one order\): dmirror_range_fault takes mmap_lock .* holds the driver's lock over its ranges, and dmirror_devmem_fault took the driver's lock over its ranges after mmap_lock/,
    );
  });

  it('keeps I29 as long as it does only one of the two', () => {
    for (const half of [/read a\[0\]/, /gpu0 write.*/])
      expect(runChecked(text.replace(half, '')).broken).toEqual([]);
  });
});

describe('a fault that is repeated for ever', () => {
  it('breaks I38', () => {
    const url = new URL('../../scenarios/races/livelock-of-two-threads.hmm', import.meta.url);
    const { broken } = runChecked(readFileSync(url, 'utf8'), ({ kernel }) => {
      kernel.livelockLimit = 5;
    });
    expect(broken[0]).toMatch(
      /I38 \(faults make progress\): the fault at 0x[0-9a-f]+ .* the same entry 5 times/,
    );
  });
});

describe('a driver that enters answers of hmm_range_fault', () => {
  const READS = MOVED.replace('print', 'gpu0 read a[4..6]; print');
  const entering = (disorder: (k: Kernel) => void): string =>
    runChecked(READS, (run) =>
      replaceStep(run, 'dmirror_range_fault', 'store the pages', (original) => (k, f, callee) => {
        disorder(k);
        return original(k, f, callee);
      }),
    ).broken.join('\n');

  it('breaks I27 when the mirror was invalidated since it asked', () => {
    expect(entering((k) => mmu_interval_set_seq(k, 1 as MirrorRow))).toContain(
      'I27 (answers are still true)',
    );
  });

  it('breaks I27 when it does not hold its lock', () => {
    expect(entering((k) => mirrors.tables.of(k).mutex.set(1, 0))).toContain('without its lock');
  });

  it('breaks nothing when an invalidation came before it asked', () => {
    expect(entering(() => undefined)).toBe('');
  });
});

describe('the catalogue', () => {
  it('has no invariant that no test breaks', () => {
    const elsewhere = {
      25: 'here: a driver that does not obey an invalidation',
      27: 'here: a driver that enters answers of hmm_range_fault',
      38: 'here: a fault that is repeated for ever',
      39: 'test/scenario/races.test.ts: fault-on-a-freed-page',
      40: 'test/engine/lost-reference.test.ts: a device is closed',
    };
    const broken = new Set([...CASES.map(([number]) => number), ...Object.keys(elsewhere).map(Number)]);
    expect([...broken].sort((a, b) => a - b)).toEqual(INVARIANTS.map(({ number }) => number));
  });

  it('gives each invariant a name and one sentence', () => {
    for (const { id, number, name, about } of INVARIANTS) {
      expect(id).toBe(`I${number}`);
      expect(name).not.toBe('');
      expect(about).toMatch(/^\S.*\.$/);
    }
    expect(new Set(INVARIANTS.map(({ number }) => number)).size).toBe(INVARIANTS.length);
  });
});
