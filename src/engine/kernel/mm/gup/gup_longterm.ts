/**
 * Long-term pins (mm/gup.c): what is to stay pinned for long must not keep memory that has to remain movable. Pages of
 * ZONE_MOVABLE and of coherent devices move to other memory first, and the pin begins again.
 */

import { Hold } from '../../../machine/holds';
import type { PageRow, SlotRow } from '../../../machine/ids';
import { ZoneType } from '../../../machine/zones';
import type { Kernel } from '../../../routine/kernel';
import {
  Bool,
  type Builder,
  ErrnoT,
  FollT,
  HolderT,
  Int,
  MigrationT,
  MmT,
  type Node,
  PageArrayT,
  PageEntryT,
  PageT,
  routine,
  VpnT,
} from '../../../routine/routine';
import { Errno } from '../../constants';
import {
  isolate_for_migration,
  migrate_pages,
  movable_folios,
  putback_movable_pages,
} from '../migrate/migrate_pages';
import { migrate_device_coherent_folio } from '../migrate_device/migrate_coherent';
import { mmap_read_unlock_if_locked, mmapReadLockKillable } from '../mmap/mmap_lock';
import { lruAddDrain } from '../swap/lru_add_drain';
import { get_page, is_device_coherent } from '../swap/page_ref';

import { lru_add_drain_all } from '../swap/workqueue';
import { Foll } from './foll';
import { gup_put_folio } from './grab';
import { get_user_pages } from './gup';

/** The page may stay where it is for as long as somebody likes (folio_is_longterm_pinnable). */
export function folio_is_longterm_pinnable(k: Kernel, page: PageRow): boolean {
  if (page === k.zeroPage) return true;
  return !is_device_coherent(k, page) && k.zones.typeOf(k.pages.zone(page)) !== ZoneType.Movable;
}

interface Pages {
  slot: SlotRow;
  page: PageRow;
  folio: PageRow;
}

/** The next folio of the pinned pages; those of the same folio follow each other. */
function next_folio(k: Kernel, f: Pages): void {
  f.page = k.slots.srcPage.get(f.slot) as PageRow;
  const folio = k.pages.folio(f.page);
  f.page = (folio === f.folio ? 0 : folio) as PageRow;
  f.folio = folio;
}

/** The page is on its way to an LRU list in some CPU's batch. */
const is_batched = (k: Kernel, f: Pages): boolean => k.holds.has(f.page, Hold.LruBatch);

const is_unpinnable = (k: Kernel, f: Pages): boolean =>
  f.page !== 0 && !folio_is_longterm_pinnable(k, f.page);

/**
 * Counts the pinned folios that must not be pinned for long; those of system memory leave the LRU for `migration`. One that
 * is on no list, because somebody else has isolated it, is counted all the same: the pin has to be tried again.
 */
const collect_longterm_unpinnable_folios = routine({
  name: 'collect_longterm_unpinnable_folios',
  file: 'mm/gup.c',
  about: 'Find the pages that must not stay pinned, and take those of system memory off the LRU.',
  params: { slots: PageArrayT, migration: MigrationT },
  locals: { slot: PageEntryT, page: PageT, folio: PageT, collected: Int },
  body: (r) => [
    r.step('begin with the first page', (_, f) => {
      f.slot = f.slots;
    }),
    r.loop('(i < nr_pages)', (k, f) => f.slot !== 0 && k.slots.srcPage.get(f.slot) !== 0, [
      r.step('folio = page_folio(pages[i]), unless it was the last one too', next_folio),
      r.when('(!folio_is_longterm_pinnable(folio))', is_unpinnable, [
        r.step('collected++', (_, f) => {
          f.collected++;
        }),
        r.when('(!folio_is_device_coherent(folio))', (k, f) => k.pages.pgmap(f.page) === 0, [
          lruAddDrain(r),
          r.when('(!folio_test_lru(folio)): it is in the batch of another CPU', is_batched, [
            r.call('lru_add_drain_all(): every CPU', lru_add_drain_all, () => {}),
          ]),
          r.step('folio_isolate_lru(folio): onto the list of what is to move', (k, f) =>
            isolate_for_migration(k, f.migration, f.page),
          ),
        ]),
      ]),
      r.step('i++', (k, f) => {
        f.slot = k.slots.after(f.slot);
      }),
    ]),
    r.ret('return collected', (_, f) => f.collected),
  ],
});

type Pinned = { slot: SlotRow; page: PageRow; who: number };

/** Gives back the pins of the pages from `f.slot` on, which leave the array. */
function unpinRest<F extends Pinned>(r: Builder<F>): Node<F> {
  return r.loop('(i < nr_pages)', (k, f) => f.slot !== 0 && k.slots.srcPage.get(f.slot) !== 0, [
    r.call('unpin_folio(folio); pages[i] = NULL', gup_put_folio, unpin),
  ]);
}

/** Passes the page at `f.slot`, which leaves the array. */
function unpin(k: Kernel, f: Pinned, callee: { page: PageRow; who: number }): void {
  callee.page = k.slots.srcPage.get(f.slot) as PageRow;
  callee.who = f.who;
  k.slots.srcPage.set(f.slot, 0);
  f.slot = k.slots.after(f.slot);
}

/** Unpins all pages and moves those that must move. Returns -EAGAIN when they have, -EBUSY or -ENOMEM when one has not. */
const migrate_longterm_unpinnable_folios = routine({
  name: 'migrate_longterm_unpinnable_folios',
  file: 'mm/gup.c',
  about: 'Give all pins back, so that pages can move, and move those that must not stay where they are.',
  params: { slots: PageArrayT, who: HolderT, migration: MigrationT },
  locals: { slot: PageEntryT, page: PageT, coherent: PageT, ret: ErrnoT },
  body: (r) => [
    r.step('begin with the first page', (_, f) => {
      f.slot = f.slots;
      f.ret = -Errno.EAGAIN;
    }),
    r.loop(
      '(i < nr_pages), and each has moved',
      (k, f) => f.slot !== 0 && k.slots.srcPage.get(f.slot) !== 0 && f.ret === -Errno.EAGAIN,
      [
        r.step('folio_is_device_coherent(folio)? then the pin becomes a plain reference', (k, f) => {
          f.page = k.slots.srcPage.get(f.slot) as PageRow;
          f.coherent = (is_device_coherent(k, f.page) ? f.page : 0) as PageRow;
          if (f.coherent !== 0) get_page(k, f.page, Hold.Gup, f.who);
        }),
        r.call('gup_put_folio(folio); pages[i] = NULL', gup_put_folio, unpin),
        r.when('(folio_is_device_coherent(folio))', (_, f) => f.coherent !== 0, [
          r.call(
            'migrate_device_coherent_folio(folio)',
            migrate_device_coherent_folio,
            (_, f, callee) => {
              callee.page = f.coherent;
              callee.who = f.who;
            },
            (_, f, value) => {
              if (value !== 0) f.ret = -Errno.EBUSY;
            },
          ),
        ]),
      ],
    ),
    r.when('all have been unpinned', (_, f) => f.ret === -Errno.EAGAIN, [
      r.call(
        'migrate_pages(movable_folio_list, alloc_migration_target, MIGRATE_SYNC)',
        migrate_pages,
        (_, f, callee) => {
          callee.migration = f.migration;
        },
        (_, f, value) => {
          if (value !== 0) f.ret = -Errno.ENOMEM;
        },
      ),
    ]),
    unpinRest(r),
    r.ret('return -EAGAIN, or the error', (_, f) => f.ret),
  ],
});

/** Returns 0 when all pages may stay pinned, -EAGAIN when they have moved and the pin is to begin again, or an error. */
const check_and_migrate_movable_pages = routine({
  name: 'check_and_migrate_movable_pages',
  file: 'mm/gup.c',
  about:
    'May these pages stay pinned for long? Those that may not are moved away, and none is pinned any more.',
  params: { slots: PageArrayT, who: HolderT },
  locals: { migration: MigrationT, collected: Int, ret: ErrnoT },
  body: (r) => [
    r.step('INIT_LIST_HEAD(&movable_folio_list)', (k, f) => {
      f.migration = movable_folios(k);
    }),
    r.call(
      'collected = collect_longterm_unpinnable_folios(pages)',
      collect_longterm_unpinnable_folios,
      (_, f, callee) => {
        callee.slots = f.slots;
        callee.migration = f.migration;
      },
      (_, f, value) => {
        f.collected = value;
      },
    ),
    r.when('(collected)', (_, f) => f.collected !== 0, [
      r.call(
        'ret = migrate_longterm_unpinnable_folios(list, pages)',
        migrate_longterm_unpinnable_folios,
        (_, f, callee) => {
          callee.slots = f.slots;
          callee.who = f.who;
          callee.migration = f.migration;
        },
        (_, f, value) => {
          f.ret = value;
        },
      ),
    ]),
    r.call('putback_movable_pages(list): what has not moved', putback_movable_pages, (_, f, callee) => {
      callee.migration = f.migration;
    }),
    r.ret('return ret', (_, f) => f.ret),
  ],
});

/**
 * get_user_pages in the name of `who`, stored in `slots`; with FOLL_LONGTERM pages that must not be pinned for long have
 * moved. `locked`: the caller holds mmap_lock for reading; else it is taken here. Returns how many pages were had, or an
 * error.
 */
export const gup_longterm_locked = routine({
  name: '__gup_longterm_locked',
  file: 'mm/gup.c',
  about:
    'Find the pages; for a long-term pin look whether they may stay, and begin again when some had to move.',
  params: { mm: MmT, start: VpnT, pages: Int, foll: FollT, who: HolderT, slots: PageArrayT, locked: Bool },
  locals: { again: Bool, ret: ErrnoT, rc: ErrnoT },
  body: (r) => [
    r.step('FOLL_LONGTERM: memalloc_pin_save(), no new page comes from ZONE_MOVABLE', (k, f) => {
      k.tasks.memallocPin.set(k.task, (f.foll & Foll.Longterm) !== 0 ? 1 : 0);
      f.again = 1;
    }),
    r.loop('(rc == -EAGAIN)', (_, f) => f.again !== 0, [
      r.when('(!locked)', (_, f) => f.locked === 0, [
        ...mmapReadLockKillable(r, (_, f) => f.mm, [
          r.ret('memalloc_pin_restore(); return -EAGAIN', (k) => {
            k.tasks.memallocPin.set(k.task, 0);
            return -Errno.EAGAIN;
          }),
        ]),
      ]),
      r.call(
        'ret = __get_user_pages(mm, start, nr_pages, gup_flags, pages)',
        get_user_pages,
        (_, f, callee) => {
          callee.mm = f.mm;
          callee.start = f.start;
          callee.pages = f.pages;
          callee.foll = f.foll;
          callee.who = f.who;
          callee.slots = f.slots;
        },
        (_, f, value) => {
          f.ret = value;
          f.again = 0;
        },
      ),
      r.when('(!locked): mmap_lock was not held before', (_, f) => f.locked === 0, [
        r.step('mmap_read_unlock(mm)', (k, f) => mmap_read_unlock_if_locked(k, f.mm)),
      ]),
      r.when(
        '(ret > 0 && (gup_flags & FOLL_LONGTERM))',
        (_, f) => f.ret > 0 && (f.foll & Foll.Longterm) !== 0,
        [
          r.call(
            'rc = check_and_migrate_movable_pages(nr_pinned_pages, pages)',
            check_and_migrate_movable_pages,
            (_, f, callee) => {
              callee.slots = f.slots;
              callee.who = f.who;
            },
            (_, f, value) => {
              f.rc = value === -Errno.EAGAIN ? 0 : value;
              f.again = value === -Errno.EAGAIN ? 1 : 0;
            },
          ),
        ],
      ),
    ]),
    r.ret('memalloc_pin_restore(); return rc, or ret', (k, f) => {
      k.tasks.memallocPin.set(k.task, 0);
      return f.rc || f.ret;
    }),
  ],
});
