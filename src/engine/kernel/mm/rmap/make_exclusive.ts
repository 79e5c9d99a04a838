/** Takes pages away from every CPU mapping for a device's atomic accesses (make_device_exclusive_range, mm/rmap.c, 5.14 to 6.14). */

import { Hold } from '../../../machine/holds';
import type { EntryRow, MmRow, PageRow, SlotRow, VmaRow, Vpn } from '../../../machine/ids';
import { Pg } from '../../../machine/pages';
import { isPresent, PTE_DIRTY, PTE_SOFT_DIRTY, PTE_UFFD_WP, PTE_WRITE, Pte } from '../../../machine/pte';
import type { Kernel } from '../../../routine/kernel';
import {
  Bool,
  DeviceT,
  Int,
  MmT,
  PageArrayT,
  PageEntryT,
  PageT,
  routine,
  VpnT,
} from '../../../routine/routine';
import { Notify } from '../../constants';
import { placeIn, refuse } from '../../refusals';
import { Foll } from '../gup/foll';
import { get_user_pages } from '../gup/gup';
import { trylock_page, unlock_page } from '../mmap/mmap_lock';
import { ptep_get, set_pte } from '../pgtable';
import { put_page } from '../swap/page_ref';
import { folio_remove_rmap, mapped_entry } from './rmap';
import { takesEntry, unmapLocals, unmapWalk } from './rmap_unmap';

interface Place {
  page: PageRow;
  mm: MmRow;
  address: Vpn;
  vma: VmaRow;
  vpn: Vpn;
  end: Vpn;
  entry: EntryRow;
  valid: number;
}

/** One mapping becomes a device-exclusive entry; its reference stays with the entry. */
function make_entry(k: Kernel, entry: EntryRow, page: PageRow, vma: VmaRow): void {
  const pte = ptep_get(k, entry);
  if (pte & PTE_DIRTY) k.pages.setFlag(k.pages.folio(page), Pg.Dirty);
  set_pte(k, entry, Pte.DeviceExclusive | (pte & (PTE_WRITE | PTE_SOFT_DIRTY | PTE_UFFD_WP)), page);
  folio_remove_rmap(k, page, vma);
  k.holds.rename(page, Hold.Pte, 0, Hold.Exclusive, 0);
}

/**
 * An entry of the walk, for `page`; `valid` where the address asked for was writable. Returns false for one that is not
 * present.
 */
function make_exclusive(k: Kernel, f: Place, vpn: Vpn, entry: EntryRow, page: PageRow): boolean {
  const pte = ptep_get(k, entry);
  if (!isPresent(pte)) return false;
  if (k.mm.mm.get(f.vma) === f.mm && vpn === f.address && pte & PTE_WRITE) f.valid = 1;
  make_entry(k, entry, page, f.vma);
  return true;
}

/** All entries of PTE tables for pages of a large folio in the VMA, whichever of them were asked for. */
function make_large_exclusive(k: Kernel, f: Place): boolean {
  for (let vpn = f.vpn; vpn < f.end; vpn = (vpn + 1) as Vpn) {
    const page = k.pages.nth(f.page, k.mm.linearIndex(f.vma, vpn) - k.pages.index.get(f.page));
    const entry = mapped_entry(k, page, { vma: f.vma, vpn });
    if (entry !== 0 && !make_exclusive(k, f, vpn, entry, page)) return false;
  }
  return true;
}

const makesExclusive = takesEntry(
  'page_make_device_exclusive_one',
  'One mapping of the page becomes a device-exclusive entry.',
  [
    'if (!pte_present(ptep_get(pvmw.pte)))',
    '    return false',
    'pteval = ptep_clear_flush(vma, address, pvmw.pte)',
    'if (pte_dirty(pteval))',
    '    folio_mark_dirty(folio)',
    'if (args->mm == mm && args->address == address && pte_write(pteval))',
    '    args->valid = true',
    'set_pte_at(mm, address, pvmw.pte, make_device_exclusive_entry(subpage))',
    'page_remove_rmap(subpage, vma)',
  ],
);

/** folio_make_device_exclusive: 1 if the address asked for was writable and nothing maps the page any more. */
const folio_make_device_exclusive = routine({
  name: 'folio_make_device_exclusive',
  file: 'mm/rmap.c',
  about: 'Every mapping of the page becomes a device-exclusive entry; each address space is told first.',
  params: { page: PageT, mm: MmT, address: VpnT, owner: DeviceT },
  locals: { ...unmapLocals, valid: Bool },
  body: (r) => [
    r.when('(!folio_test_anon(folio))', (k, f) => !k.pages.isAnon(f.page), [
      r.ret('return false', (k, f) => {
        refuse(k, 'exclusive_file', { at: placeIn(k, f.mm, f.address), page: f.page });
        return 0;
      }),
    ]),
    ...unmapWalk(r, {
      notify: ['EXCLUSIVE, owner', Notify.EXCLUSIVE],
      owner: (f) => f.owner,
      large: make_large_exclusive,
      one: [
        'it becomes device-exclusive',
        (k, f) => make_exclusive(k, f, f.vpn, f.entry, f.page),
        [makesExclusive],
      ],
    }),
    r.ret('return whether the device has it alone', (k, f) =>
      f.valid !== 0 && k.pages.folioMapcount(f.page) === 0 ? 1 : 0,
    ),
  ],
});

/** A page inside a large folio can't be taken away; its head can, and the walk for it takes all of the folio. */
function lock_head(k: Kernel, { mm, slot, page }: { mm: MmRow; slot: SlotRow; page: PageRow }): boolean {
  const tail = k.pages.has(page, Pg.Tail);
  if (!tail && trylock_page(k, page)) return true;
  const at = placeIn(k, mm, k.slots.vpn.get(slot) as Vpn);
  refuse(k, tail ? 'exclusive_tail' : 'exclusive_locked', { at, page, lock: !tail });
  return false;
}

const MAKE = 'make_device_exclusive';

/**
 * Returns how many pages were found (or an error if not one); in `slots` those that the device now has alone are
 * locked and referenced, the others 0. mmap_lock is held for reading.
 */
export const make_device_exclusive_range = routine({
  name: 'make_device_exclusive_range',
  file: 'mm/rmap.c',
  about: 'Find each page (faulting it in for a write), lock it, and take it away from every CPU mapping.',
  params: { mm: MmT, start: VpnT, pages: Int, owner: DeviceT, slots: PageArrayT },
  locals: { found: Int, slot: PageEntryT, page: PageT, done: Bool },
  body: (r) => [
    r.step('note the range', (k, f) => k.emit(MAKE, f.start, f.pages)),
    r.call(
      'get_user_pages_remote(mm, start, npages, FOLL_GET | FOLL_WRITE | FOLL_SPLIT_PMD)',
      get_user_pages,
      (k, f, callee) => {
        callee.mm = f.mm;
        callee.start = f.start;
        callee.pages = f.pages;
        callee.foll = Foll.Get | Foll.SplitPmd | Foll.Write | Foll.Remote | Foll.Touch;
        callee.who = k.task;
        callee.slots = f.slots;
      },
      (_, f, value) => {
        f.found = value;
        f.slot = f.slots;
      },
    ),
    r.loop('(i < npages)', (k, f) => f.slot !== 0 && k.slots.srcPage.get(f.slot) !== 0, [
      r.step('page = pages[i]', (k, f) => {
        f.page = k.slots.srcPage.get(f.slot) as PageRow;
        f.done = 0;
      }),
      r.when('(!PageTail(pages[i]) && folio_trylock(folio))', lock_head, [
        r.call(
          'folio_make_device_exclusive(folio, mm, address, owner)',
          folio_make_device_exclusive,
          (k, f, callee) => {
            callee.page = f.page;
            callee.mm = f.mm;
            callee.address = k.slots.vpn.get(f.slot) as Vpn;
            callee.owner = f.owner;
          },
          (_, f, value) => {
            f.done = value;
          },
        ),
        r.when('it failed', (_, f) => f.done === 0, [
          r.step('folio_unlock(folio)', (k, f) => unlock_page(k, f.page)),
        ]),
      ]),
      r.when(
        'the device does not have it',
        (_, f) => f.done === 0,
        [
          r.call('put_page(page); pages[i] = NULL', put_page, (k, f, callee) => {
            callee.page = f.page;
            callee.hold = Hold.Gup;
            callee.who = k.task;
            k.slots.dstFlags.set(f.slot, 0);
          }),
        ],
        [
          r.step("it is the device's alone", (k, f) => {
            k.slots.dstFlags.set(f.slot, 1);
          }),
        ],
      ),
      r.step('addr += PAGE_SIZE', (k, f) => {
        f.slot = k.slots.next.get(f.slot) as SlotRow;
      }),
    ]),
    r.ret('return how many were found', (k, f) => {
      k.leave(MAKE, f.found);
      return f.found;
    }),
  ],
});
