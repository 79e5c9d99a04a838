/** get_user_pages and pin_user_pages (mm/gup.c): pages of a process for a device or the kernel to use. */

import { Vm } from '../../../machine/address-spaces';
import { Hold, holdWeight } from '../../../machine/holds';
import type { EntryRow, MmRow, PageRow, PinRow, SlotRow, VmaRow, Vpn } from '../../../machine/ids';
import { Pg } from '../../../machine/pages';
import {
  isPresent,
  isZeroPage,
  PTE_DEVMAP,
  PTE_DIRTY,
  PTE_HUGE,
  PTE_PROTNONE,
  PTE_WRITE,
  PTE_YOUNG,
} from '../../../machine/pte';
import type { Kernel } from '../../../routine/kernel';
import {
  Bool,
  type Builder,
  EntryT,
  ErrnoT,
  Int,
  MmT,
  type Node,
  PageT,
  PinT,
  routine,
  SlotT,
  VmaT,
  VpnT,
} from '../../../routine/routine';
import { Errno, FaultFlag, VM_FAULT_ERROR, VmFault } from '../../constants';
import { fatal_signal_pending } from '../../kernel/signal';
import { fault_progress } from '../../livelock';
import { is_huge_at, split_huge_pmd } from '../huge_memory/huge_memory';
import { handle_mm_fault } from '../memory/memory';
import { migrate_device_coherent_folio } from '../migrate_device/migrate_coherent';
import { mmap_read_unlock_if_locked, mmapReadLockKillable } from '../mmap/mmap_lock';
import { pteLock, pteUnlock } from '../page_table_lock';
import { leaf_offset, ptep_get, set_pte_bits, subpage } from '../pgtable';
import { folio_put_final, get_page, is_device_coherent, put_page_testzero } from '../swap/page_ref';

/** FOLL_* flags; SplitPmd: pages of huge entries one by one; Unlockable: the caller lets the fault drop mmap_lock; Restarts: and it begins again itself then; Populate: MADV_POPULATE_*, with errors of its own. */
export const Foll = {
  Write: 1,
  Get: 2,
  Pin: 4,
  Longterm: 8,
  Touch: 16,
  Unlockable: 32,
  Remote: 64,
  Populate: 128,
  SplitPmd: 256,
  Restarts: 512,
} as const;

/** What follow_page found: a page, nothing yet (fault it in), or a shared page that must be unshared first (-EMLINK). */
const Follow = { Page: 0, Missing: 1, Unshare: 2 } as const;

/** A read-only pin may not watch a page that a later write would replace by a copy (gup_must_unshare). */
function gup_must_unshare(k: Kernel, vma: VmaRow, foll: number, page: PageRow): boolean {
  if (!k.profile.anonExclusive || (foll & (Foll.Write | Foll.Pin)) !== Foll.Pin) return false;
  if (k.pages.isAnon(page)) return !k.pages.has(page, Pg.AnonExclusive);
  return (foll & Foll.Longterm) !== 0 && k.mm.isCow(vma);
}

/** The use leaves a trace: in a huge entry itself (touch_pmd), or on the page that is to be written. */
function touch(k: Kernel, entry: EntryRow, pte: number, page: PageRow, foll: number): void {
  const write = (foll & Foll.Write) !== 0;
  if (pte & PTE_HUGE) set_pte_bits(k, entry, pte | PTE_YOUNG | (write ? PTE_DIRTY : 0));
  else if (page !== k.zeroPage) {
    const dirty = write && (pte & PTE_DIRTY) === 0;
    k.pages.setFlag(k.pages.folio(page), Pg.Referenced | (dirty ? Pg.Dirty : 0));
  }
}

/** follow_page_pte, follow_huge_pmd: the page of a present entry that allows this use. */
function follow_page(k: Kernel, vma: VmaRow, vpn: Vpn, foll: number): { found: number; page: PageRow } {
  const entry = leaf_offset(k, k.mm.mm.get(vma) as MmRow, vpn);
  const pte = ptep_get(k, entry);
  const missing = { found: Follow.Missing, page: 0 as PageRow };
  if (!isPresent(pte) || (pte & PTE_PROTNONE) !== 0) return missing;
  if (foll & Foll.Write && (pte & PTE_WRITE) === 0) return missing;
  const page = k.tables.hi.get(entry) as PageRow;
  if ((pte & PTE_WRITE) === 0 && gup_must_unshare(k, vma, foll, page)) return { found: Follow.Unshare, page };
  if (foll & Foll.Touch) touch(k, entry, pte, page, foll);
  return { found: Follow.Page, page: subpage(k, entry, page, vpn) };
}

/** How many references stand for a pin: large folios count their pins apart. */
const pin_weight = (k: Kernel, folio: PageRow): number => holdWeight(Hold.Pin, k.pages.order.get(folio));

/** try_grab_folio: a reference, or a pin (which the zero page doesn't count). */
function grab(k: Kernel, page: PageRow, foll: number, who: number): void {
  if (foll & Foll.Pin) {
    if (page === k.zeroPage) return;
    if (k.profile.pinCountsMany) {
      const folio = k.pages.folio(page);
      k.pages.refcount.add(folio, pin_weight(k, folio));
      k.pages.pins.add(folio, 1);
      k.holds.add(page, Hold.Pin, who);
    } else get_page(k, page, Hold.Gup, who);
  } else if (foll & Foll.Get) get_page(k, page, Hold.Gup, who);
}

function unpin(k: Kernel, page: PageRow, who: number): void {
  if (page === k.zeroPage) return;
  if (k.profile.pinCountsMany) {
    const folio = k.pages.folio(page);
    k.pages.pins.add(folio, -1);
    k.pages.refcount.add(folio, 1 - pin_weight(k, folio));
  }
  if (put_page_testzero(k, page, k.profile.pinCountsMany ? Hold.Pin : Hold.Gup, who))
    folio_put_final(k, page);
}

/** check_vma_flags: the VMA allows this use at all. */
function allowed(k: Kernel, vma: VmaRow, foll: number): boolean {
  if (vma === 0 || k.mm.has(vma, Vm.MixedMap)) return false;
  return k.mm.has(vma, foll & Foll.Write ? Vm.Write : Vm.Read);
}

function splits(k: Kernel, f: { vma: VmaRow; vpn: Vpn; foll: number }): boolean {
  return (f.foll & Foll.SplitPmd) !== 0 && is_huge_at(k, k.mm.mm.get(f.vma) as MmRow, f.vpn);
}

function fault_flags(k: Kernel, f: { foll: number; found: number; tried: number }): number {
  let flags = f.foll & Foll.Write ? FaultFlag.Write : 0;
  if (f.foll & Foll.Remote) flags |= FaultFlag.Remote;
  if (f.foll & Foll.Unlockable) flags |= k.profile.gupFaultFlags;
  if (f.tried !== 0) flags |= FaultFlag.Tried;
  if (f.tried !== 0 && k.profile.faultRetriesOnce) flags &= ~FaultFlag.AllowRetry;
  return f.found === Follow.Unshare && k.profile.anonExclusive ? flags | FaultFlag.Unshare : flags;
}

/** What __get_user_pages returns early: how many pages it has, if it has any. */
const interrupted = <F extends { readonly done: number }>(r: Builder<F>): Node<F> =>
  r.ret('return what was done so far, or -EINTR', (_, f) => f.done || -Errno.EINTR);

/** Why the VMA doesn't allow it: -EFAULT; MADV_POPULATE_* tells holes and permissions apart. */
function refusal(vma: VmaRow, foll: number): number {
  if ((foll & Foll.Populate) === 0) return -Errno.EFAULT;
  return vma === 0 ? -Errno.ENOMEM : -Errno.EINVAL;
}

/** vm_fault_to_errno. */
const errnoOf = (fault: number): number => (fault & VmFault.OOM ? -Errno.ENOMEM : -Errno.EFAULT);

/**
 * Goes through [start, start + pages), faulting in what is missing; takes a reference or pin on each page and stores
 * it in `slots`, if given. mmap_lock is held for reading, and afterwards too, except with FOLL_UNLOCKABLE where the task
 * was killed or the caller begins again itself. Returns how many pages it got, or an error if not one.
 */
export const get_user_pages = routine({
  name: '__get_user_pages',
  file: 'mm/gup.c',
  about:
    'For each address: find the page, or handle a fault and look again. A device page is never found: it comes home.',
  params: { mm: MmT, start: VpnT, pages: Int, foll: Int, who: Int, slots: SlotT },
  locals: {
    done: Int,
    vma: VmaT,
    vpn: VpnT,
    entry: EntryT,
    page: PageT,
    found: Int,
    fault: Int,
    slot: SlotT,
    tried: Bool,
  },
  body: (r) => [
    r.step('from the first page', (_, f) => {
      f.slot = f.slots;
    }),
    r.loop('pages are left', (_, f) => f.done < f.pages, [
      r.step('vma = gup_vma_lookup(mm, address)', (k, f) => {
        f.vpn = (f.start + f.done) as Vpn;
        f.vma = k.mm.vmaAt(f.mm, f.vpn);
      }),
      r.when('there is none, or it does not allow this', (k, f) => !allowed(k, f.vma, f.foll), [
        r.ret('return what was done so far, or the error', (_, f) => f.done || refusal(f.vma, f.foll)),
      ]),
      r.when('fatal_signal_pending(current)', fatal_signal_pending, [interrupted(r)]),
      r.when('FOLL_SPLIT_PMD, and the entry maps 2 MiB at once', splits, [
        r.call('split_huge_pmd(vma, pmd, address)', split_huge_pmd, (_, f, callee) => {
          callee.vma = f.vma;
          callee.vpn = f.vpn;
        }),
      ]),
      r.step('the tables down to the entry, as far as there are any', (k, f) => {
        f.entry = leaf_offset(k, f.mm, f.vpn);
      }),
      r.when('there is an entry', (_, f) => f.entry !== 0, [pteLock(r)]),
      r.step('page = follow_page_mask(vma, address)', (k, f) => {
        const result = follow_page(k, f.vma, f.vpn, f.foll);
        f.found = result.found;
        f.page = result.page;
      }),
      r.when(
        'it is there',
        (_, f) => f.found === Follow.Page,
        [
          r.step('take a reference, or pin it', (k, f) => {
            fault_progress(k);
            grab(k, f.page, f.foll, f.who);
            if (f.slot !== 0) {
              k.slots.srcPage.set(f.slot, f.page);
              f.slot = k.slots.next.get(f.slot) as SlotRow;
            }
            f.done++;
            f.tried = 0;
          }),
          pteUnlock(r),
        ],
        [
          r.when('there is an entry', (_, f) => f.entry !== 0, [pteUnlock(r)]),
          r.call(
            'fault = handle_mm_fault(vma, address, flags)',
            handle_mm_fault,
            (k, f, callee) => {
              callee.vma = f.vma;
              callee.vpn = f.vpn;
              callee.flags = fault_flags(k, f);
            },
            (_, f, value) => {
              f.fault = value;
            },
          ),
          r.when('it failed', (_, f) => (f.fault & VM_FAULT_ERROR) !== 0, [
            r.ret('return what was done so far, or the error', (_, f) => f.done || errnoOf(f.fault)),
          ]),
          r.when(
            'it has let go of mmap_lock (VM_FAULT_RETRY, VM_FAULT_COMPLETED)',
            (_, f) => (f.fault & (VmFault.RETRY | VmFault.COMPLETED)) !== 0,
            [
              r.when('the caller begins again', (_, f) => (f.foll & Foll.Restarts) !== 0, [
                r.ret('return what was done so far', (_, f) => f.done),
              ]),
              r.only(
                (profile) => profile.killableReads,
                [r.when('gup_signal_pending(flags)', fatal_signal_pending, [interrupted(r)])],
              ),
              ...mmapReadLockKillable(r, (_, f) => f.mm, [interrupted(r)]),
              r.step('flags |= FOLL_TRIED, for this page', (_, f) => {
                f.tried = 1;
              }),
            ],
          ),
        ],
      ),
    ]),
    r.ret('return how many', (_, f) => f.done),
  ],
});

/** The lockless walk (gup_fast): as many pages from the start as are present with the right permission. */
function gup_fast(
  k: Kernel,
  mm: MmRow,
  start: Vpn,
  pages: number,
  foll: number,
  pin: PinRow,
  head: SlotRow,
): number {
  let slot = head;
  for (let done = 0; done < pages; done++) {
    const vpn = (start + done) as Vpn;
    const vma = k.mm.vmaAt(mm, vpn);
    const pte = ptep_get(k, leaf_offset(k, mm, vpn));
    if (vma === 0 || isZeroPage(pte) || (pte & PTE_DEVMAP) !== 0) return done;
    const { found, page } = follow_page(k, vma, vpn, foll & ~Foll.Touch);
    const fileInFastPath = found === Follow.Page && !k.pages.isAnon(page) && (pte & PTE_WRITE) === 0;
    const unpinnable = (foll & Foll.Longterm) !== 0 && is_device_coherent(k, page);
    if (found !== Follow.Page || fileInFastPath || unpinnable) return done;
    grab(k, page, foll, pin);
    k.slots.srcPage.set(slot, page);
    slot = k.slots.next.get(slot) as SlotRow;
  }
  return pages;
}

/** First coherent device page among those pinned from `index` on: memory that a long-term pin must not keep; 0 if none. */
function longterm_unpinnable(k: Kernel, pin: PinRow, index: number): PageRow {
  for (const slot of k.slots.of(slotAt(k, k.pins.firstSlot.get(pin) as SlotRow, index))) {
    const page = k.slots.srcPage.get(slot) as PageRow;
    if (page !== 0 && is_device_coherent(k, page)) return page;
  }
  return 0 as PageRow;
}

/** Gives back the pages pinned from `index` on; the pin stays, without them. */
function unpin_from(k: Kernel, pin: PinRow, index: number): void {
  for (const slot of k.slots.of(slotAt(k, k.pins.firstSlot.get(pin) as SlotRow, index))) {
    const page = k.slots.srcPage.get(slot) as PageRow;
    if (page === 0) continue;
    unpin(k, page, pin);
    k.slots.srcPage.set(slot, 0);
  }
}

function release(k: Kernel, pin: PinRow): number {
  const head = k.pins.firstSlot.get(pin) as SlotRow;
  let count = 0;
  for (const slot of k.slots.of(head)) {
    const page = k.slots.srcPage.get(slot) as PageRow;
    if (page === 0) continue;
    unpin(k, page, pin);
    count++;
  }
  k.slots.free(head);
  k.pins.firstSlot.set(pin, 0);
  k.pins.count.set(pin, 0);
  return count;
}

const slotAt = (k: Kernel, head: SlotRow, index: number): SlotRow => {
  let slot = head;
  for (let i = 0; i < index; i++) slot = k.slots.next.get(slot) as SlotRow;
  return slot;
};

/**
 * pin_user_pages_fast on a range of the current process, repeated until all of it is pinned. Returns the number of
 * pages, kept in `pin`; on an error everything is unpinned again and the error returned.
 */
export const pin_user_pages = routine({
  name: 'pin_user_pages_fast',
  file: 'mm/gup.c',
  about: 'Pin a range: what is present without a lock, the rest with faults. All or nothing.',
  params: { start: VpnT, pages: Int, write: Bool, longterm: Bool, pin: PinT },
  locals: { mm: MmT, foll: Int, done: Int, ret: ErrnoT, before: Int, page: PageT },
  body: (r) => [
    r.step('FOLL_PIN (| FOLL_LONGTERM) (| FOLL_WRITE)', (k, f) => {
      f.mm = k.tasks.mmOf(k.task);
      f.foll = Foll.Pin | Foll.Touch | Foll.Unlockable;
      if (f.write !== 0) f.foll |= Foll.Write;
      if (f.longterm !== 0) f.foll |= Foll.Longterm;
      k.pins.firstSlot.set(f.pin, k.slots.array(f.start, f.pages));
    }),
    r.loop('pages are left', (_, f) => f.done < f.pages && f.ret >= 0, [
      r.step('gup_fast: what is present', (k, f) => {
        const head = slotAt(k, k.pins.firstSlot.get(f.pin) as SlotRow, f.done);
        f.done += gup_fast(k, f.mm, (f.start + f.done) as Vpn, f.pages - f.done, f.foll, f.pin, head);
      }),
      r.when('pages are left', (_, f) => f.done < f.pages, [
        ...mmapReadLockKillable(r, (_, f) => f.mm, [
          r.ret('unpin what was pinned; return -EAGAIN', (k, f) => {
            release(k, f.pin);
            return -Errno.EAGAIN;
          }),
        ]),
        r.call(
          'ret = __get_user_pages(the rest)',
          get_user_pages,
          (k, f, callee) => {
            f.before = f.done;
            callee.mm = f.mm;
            callee.start = (f.start + f.done) as Vpn;
            callee.pages = f.pages - f.done;
            callee.foll = f.foll;
            callee.who = f.pin;
            callee.slots = slotAt(k, k.pins.firstSlot.get(f.pin) as SlotRow, f.done);
          },
          (k, f, value) => {
            f.ret = value;
            if (value > 0) f.done += value;
            f.page = f.longterm !== 0 ? longterm_unpinnable(k, f.pin, f.before) : (0 as PageRow);
          },
        ),
        r.when(
          'check_and_migrate_movable_pages: coherent device memory is among them',
          (_, f) => f.page !== 0,
          [
            r.step('give these pages back and begin again', (k, f) => {
              unpin_from(k, f.pin, f.before);
              f.done = f.before;
            }),
            r.call(
              'ret = migrate_device_coherent_folio(folio)',
              migrate_device_coherent_folio,
              (_, f, callee) => {
                callee.page = f.page;
              },
              (_, f, value) => {
                f.ret = value;
              },
            ),
          ],
        ),
        r.step('mmap_read_unlock(mm), if it is held still', (k, f) => mmap_read_unlock_if_locked(k, f.mm)),
      ]),
    ]),
    r.when('it failed', (_, f) => f.ret < 0, [
      r.ret('unpin what was pinned; return the error', (k, f) => {
        release(k, f.pin);
        return f.ret;
      }),
    ]),
    r.ret('return how many', (k, f) => {
      k.pins.count.set(f.pin, f.done);
      return f.done;
    }),
  ],
});

/** unpin_user_pages: returns how many pages were unpinned. */
export const unpin_user_pages = routine({
  name: 'unpin_user_pages',
  file: 'mm/gup.c',
  about: 'Give back every page of a pin.',
  params: { pin: PinT },
  body: (r) => [r.ret('unpin each page', (k, f) => release(k, f.pin))],
});
