/** Takes one page away from the CPUs for a device's atomic accesses (make_device_exclusive, mm/rmap.c, 6.15+). */

import { Hold } from '../../../machine/holds';
import type { EntryRow, MmRow, PageRow, Vpn } from '../../../machine/ids';
import { Pg } from '../../../machine/pages';
import { isPresent, PTE_DIRTY, PTE_SOFT_DIRTY, PTE_WRITE, Pte } from '../../../machine/pte';
import { Wait } from '../../../machine/tasks';
import type { Kernel } from '../../../routine/kernel';
import {
  Bool,
  type Builder,
  DeviceT,
  EntryT,
  ErrnoT,
  MmT,
  type Node,
  PageArrayT,
  PageT,
  routine,
  VpnT,
} from '../../../routine/routine';
import { Errno, Notify } from '../../constants';
import { placeIn, refuse } from '../../refusals';
import { Foll } from '../gup/foll';
import { get_user_pages } from '../gup/gup';
import { trylock_page, unlock_page } from '../mmap/mmap_lock';
import {
  mmu_notifier_invalidate_range_end,
  mmu_notifier_invalidate_range_start,
} from '../mmu_notifier/mmu_notifier';
import { pteLock, pteUnlock } from '../page_table_lock';
import { pte_offset, pte_page, ptep_get, set_pte } from '../pgtable';
import { put_page } from '../swap/page_ref';

interface Frame {
  mm: MmRow;
  address: Vpn;
  page: PageRow;
  entry: EntryRow;
  ret: number;
}

const folioOf = (k: Kernel, f: { page: PageRow }): PageRow => k.pages.folio(f.page);

/** The entry still maps the page, and may be written to: of an anonymous page there is only one such entry. */
function is_same_writable(k: Kernel, { entry, page }: Frame): boolean {
  const pte = ptep_get(k, entry);
  return isPresent(pte) && (pte & PTE_WRITE) !== 0 && pte_page(k, entry) === page;
}

/** The mapping goes on, as an entry that no CPU can use. */
function make_entry(k: Kernel, { entry, page }: Frame): void {
  const pte = ptep_get(k, entry);
  if (pte & PTE_DIRTY) k.pages.setFlag(k.pages.folio(page), Pg.Dirty);
  set_pte(k, entry, Pte.DeviceExclusive | (pte & PTE_SOFT_DIRTY), page);
}

function passRange(
  _: Kernel,
  f: { mm: MmRow; address: Vpn; owner: number },
  callee: { mm: MmRow; start: Vpn; end: Vpn; event: number; owner: number },
): void {
  callee.mm = f.mm;
  callee.start = f.address;
  callee.end = (f.address + 1) as Vpn;
  callee.event = Notify.EXCLUSIVE;
  callee.owner = f.owner;
}

const putFolio = <F extends { page: PageRow }>(r: Builder<F>): Node<F> =>
  r.call('folio_put(folio)', put_page, (k, f, callee) => {
    callee.page = f.page;
    callee.hold = Hold.Gup;
    callee.who = k.task;
  });

const MAKE = 'make_device_exclusive';

function fail(k: Kernel, error: number): number {
  k.leave(MAKE, error);
  return error;
}

const putAndFail = <F extends { page: PageRow }>(r: Builder<F>, text: string, error: number): Node<F>[] => [
  putFolio(r),
  r.ret(text, (k) => fail(k, error)),
];

/**
 * Returns the page, locked and with a reference for the caller, or an error: -EFAULT, -ENOMEM (it can't be faulted in for
 * a write), -EOPNOTSUPP (not anonymous, or of the hugetlb pool), -EINTR. mmap_lock is held for reading.
 */
export const make_device_exclusive = routine({
  name: MAKE,
  file: 'mm/rmap.c',
  about: 'Fault the page in for a write, lock it, tell the mirrors, and take it away from the CPUs.',
  params: { mm: MmT, address: VpnT, owner: DeviceT },
  locals: { slots: PageArrayT, page: PageT, entry: EntryT, done: Bool, ret: ErrnoT },
  body: (r) => [
    r.step('mmap_assert_locked(mm)', (k, f) => k.emit(MAKE, f.address, 1)),
    r.loop('the page is not exclusive yet', (_, f) => f.done === 0, [
      r.call(
        'page = get_user_page_vma_remote(mm, addr, FOLL_GET | FOLL_WRITE | FOLL_SPLIT_PMD, &vma)',
        get_user_pages,
        (k, f, callee) => {
          f.slots = k.slots.array(f.address, 1);
          callee.mm = f.mm;
          callee.start = f.address;
          callee.pages = 1;
          callee.foll = Foll.Get | Foll.SplitPmd | Foll.Write | Foll.Remote | Foll.Touch;
          callee.who = k.task;
          callee.slots = f.slots;
        },
        (k, f, value) => {
          f.ret = Math.min(0, value);
          f.page = k.slots.srcPage.get(f.slots) as PageRow;
          k.slots.free(f.slots);
        },
      ),
      r.when('(IS_ERR(page))', (_, f) => f.ret < 0, [
        r.ret('return page: the error', (k, f) => fail(k, f.ret)),
      ]),
      r.when('(!folio_test_anon(folio))', (k, f) => !k.pages.isAnon(folioOf(k, f)), [
        r.step('it is the page of a file', (k, f) =>
          refuse(k, 'exclusive_not_anon', { at: placeIn(k, f.mm, f.address), page: f.page }),
        ),
        ...putAndFail(r, 'return -EOPNOTSUPP', -Errno.EOPNOTSUPP),
      ]),
      r.yield('Y11'),
      r.killable('ret = folio_lock_killable(folio)', Wait.PageLock, folioOf, (k, f) =>
        trylock_page(k, folioOf(k, f)),
      ),
      r.when(
        '(ret): the task has been killed instead',
        (k, f) => k.pages.lockOwner.get(folioOf(k, f)) !== k.task,
        [...putAndFail(r, 'return -EINTR', -Errno.EINTR)],
      ),
      r.call(
        'mmu_notifier_invalidate_range_start(EXCLUSIVE, owner)',
        mmu_notifier_invalidate_range_start,
        passRange,
      ),
      r.step('fw_folio = folio_walk_start(&fw, vma, addr)', (k, f) => {
        f.entry = pte_offset(k, f.mm, f.address);
      }),
      pteLock(r),
      r.when('it is the same page, and writable', is_same_writable, [
        r.step('ptep_clear_flush(); folio_mark_dirty(); set_pte_at(): device-exclusive', (k, f) => {
          make_entry(k, f);
          f.done = 1;
        }),
      ]),
      pteUnlock(r),
      r.call('mmu_notifier_invalidate_range_end(range)', mmu_notifier_invalidate_range_end, passRange),
      r.when('it has changed meanwhile: once more', (_, f) => f.done === 0, [
        r.step('folio_unlock(folio)', (k, f) => unlock_page(k, folioOf(k, f))),
        putFolio(r),
      ]),
    ]),
    r.ret('return page', (k, f) => {
      k.leave(MAKE, 0);
      return f.page;
    }),
  ],
});
