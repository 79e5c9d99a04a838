/** get_user_pages_fast and pin_user_pages_fast (mm/gup.c): present pages without a lock, the rest with faults. */

import type { MmRow, PageRow, SlotRow, VmaRow, Vpn } from '../../../machine/ids';
import { Pg } from '../../../machine/pages';
import { isZeroPage, PTE_DEVMAP, PTE_WRITE } from '../../../machine/pte';
import type { Kernel } from '../../../routine/kernel';
import {
  Bool,
  ErrnoT,
  FollT,
  HolderT,
  Int,
  MmT,
  PageArrayT,
  PageEntryT,
  routine,
  VpnT,
} from '../../../routine/routine';
import { pte_table_end } from '../pagewalk';
import { leaf_offset, ptep_get } from '../pgtable';
import { Foll } from './foll';
import { try_grab_folio } from './grab';
import { Follow, follow_page } from './gup';
import { folio_is_longterm_pinnable, gup_longterm_locked } from './gup_longterm';

/** A read-only long-term pin of a file's page needs the VMA, which the lockless walk doesn't look up. */
function needs_vma(k: Kernel, page: PageRow, pte: number, foll: number): boolean {
  if ((pte & PTE_WRITE) !== 0 || k.pages.isAnon(page)) return false;
  return (foll & (Foll.Pin | Foll.Longterm)) === (Foll.Pin | Foll.Longterm);
}

/** The page that the lockless walk takes at an address, or 0: it ends there. */
function fast_page(k: Kernel, mm: MmRow, vpn: Vpn, foll: number): PageRow {
  const pte = ptep_get(k, leaf_offset(k, mm, vpn));
  const longterm = (foll & Foll.Longterm) !== 0;
  if (isZeroPage(pte) || ((pte & PTE_DEVMAP) !== 0 && longterm)) return 0 as PageRow;
  const vma = k.mm.vmaAt(mm, vpn) as VmaRow;
  const { found, page } =
    vma === 0 ? { found: Follow.Missing, page: 0 as PageRow } : follow_page(k, vma, vpn, foll);
  if (found !== Follow.Page || needs_vma(k, page, pte, foll)) return 0 as PageRow;
  return longterm && !folio_is_longterm_pinnable(k, page) ? (0 as PageRow) : page;
}

interface Walk {
  mm: MmRow;
  start: Vpn;
  pages: number;
  foll: number;
  who: number;
  slot: SlotRow;
  done: number;
  ended: number;
}

/** The pages of one table (gup_fast_pmd_range): present ones with the right permission. */
function gup_fast_table(k: Kernel, f: Walk): void {
  const from = f.start + f.done;
  const end = Math.min(f.start + f.pages, pte_table_end(from as Vpn, (f.start + f.pages) as Vpn));
  for (let vpn = from; vpn < end && f.ended === 0; vpn++) {
    const page = fast_page(k, f.mm, vpn as Vpn, f.foll & ~Foll.Touch);
    if (page === 0) {
      f.ended = 1;
      return;
    }
    try_grab_folio(k, page, f.foll, f.who);
    k.pages.setFlag(k.pages.folio(page), Pg.Referenced);
    k.slots.srcPage.set(f.slot, page);
    f.slot = k.slots.after(f.slot);
    f.done++;
  }
}

/** With the slow way goes FOLL_TOUCH, and faults may let go of mmap_lock; a long-term pin could do neither once. */
function slow_flags(k: Kernel, foll: number): number {
  const keepsLock = k.profile.longtermKeepsLock && (foll & Foll.Longterm) !== 0;
  return keepsLock ? foll & ~Foll.Touch : foll | Foll.Touch | Foll.Unlockable;
}

/**
 * Returns how many pages were had, stored in `slots` in the name of `who`; an error only where not even the first was.
 * mmap_lock is not held.
 */
export const gup_fast_fallback = routine({
  name: 'gup_fast_fallback',
  file: 'mm/gup.c',
  about:
    'What is present without a lock, the rest with faults. An error after some pages were had is not told.',
  aliases: ['internal_get_user_pages_fast', 'get_user_pages_fast', 'pin_user_pages_fast'],
  params: { mm: MmT, start: VpnT, pages: Int, foll: FollT, who: HolderT, slots: PageArrayT },
  locals: { slot: PageEntryT, done: Int, ended: Bool, ret: ErrnoT },
  body: (r) => [
    r.step('gup_fast(start, end, gup_flags, pages)', (_, f) => {
      f.slot = f.slots;
    }),
    r.loop('(addr != end), and the last page was there', (_, f) => f.done < f.pages && f.ended === 0, [
      r.step('gup_fast_pmd_range(): take the pages of one table that are present', gup_fast_table),
    ]),
    r.when('(nr_pinned == nr_pages)', (_, f) => f.done === f.pages, [
      r.ret('return nr_pinned', (_, f) => f.done),
    ]),
    r.call(
      'ret = __gup_longterm_locked(the rest)',
      gup_longterm_locked,
      (k, f, callee) => {
        callee.mm = f.mm;
        callee.start = (f.start + f.done) as Vpn;
        callee.pages = f.pages - f.done;
        callee.foll = slow_flags(k, f.foll);
        callee.who = f.who;
        callee.slots = f.slot;
      },
      (_, f, value) => {
        f.ret = value;
      },
    ),
    r.when('(ret < 0)', (_, f) => f.ret < 0, [
      r.ret('return nr_pinned if there are any, else ret', (_, f) => f.done || f.ret),
    ]),
    r.ret('return nr_pinned + ret', (_, f) => f.done + f.ret),
  ],
});
