/** Keeping pages in memory (mm/mlock.c). A locked page may still go to a device: that is no reclaim. */

import { Vm } from '../../../machine/address-spaces';
import type { EntryRow, MmRow, PageRow, VmaRow, Vpn } from '../../../machine/ids';
import { Pg } from '../../../machine/pages';
import { isPresent } from '../../../machine/pte';
import type { Kernel } from '../../../routine/kernel';
import {
  Bool,
  type Builder,
  ErrnoT,
  Int,
  MmT,
  type Node,
  routine,
  VmaT,
  VmFlagsT,
  VpnT,
} from '../../../routine/routine';
import { Errno } from '../../constants';
import { mm_populate } from '../gup/populate';
import { is_huge } from '../huge_memory/huge_memory';
import { mmOf } from '../memory/vmf';
import { mmap_write_unlock, mmapWriteLockKillable } from '../mmap/mmap_lock';
import { vmaModifyFlags } from '../mmap/vma_modify';
import { HUGE_PAGES } from '../page_alloc/page_alloc';
import { after_entry, next_entry, pte_table_end } from '../pagewalk';
import { leaf_offset, pte_page, ptep_get } from '../pgtable';
import { lruAddDrain } from '../swap/lru_add_drain';
import { lru_del, lru_insert } from '../swap/swap';
import { mlock_folio, munlock_folio } from './mlock_folio';

/** Until 5.18: the page goes at once to the list of pages that reclaim leaves alone, or comes back from it. */
function set_unevictable(k: Kernel, page: PageRow, locked: boolean): void {
  if (!k.pages.has(page, Pg.Lru) || k.pages.has(page, Pg.Unevictable) === locked) return;
  lru_del(k, page);
  if (locked) k.pages.setFlag(page, Pg.Unevictable);
  else k.pages.clearFlag(page, Pg.Unevictable);
  lru_insert(k, page);
}

/** A large folio that is mapped page by page is locked only where all of it lies in the range (allow_mlock_munlock). */
function allows_mlock(k: Kernel, mm: MmRow, at: Vpn, end: Vpn, entry: EntryRow, folio: PageRow): boolean {
  if (is_huge(ptep_get(k, entry)) || !k.pages.has(folio, Pg.Head)) return true;
  const last = leaf_offset(k, mm, (at + HUGE_PAGES - 1) as Vpn);
  return at + HUGE_PAGES <= end && pte_page(k, last) === k.pages.nth(folio, HUGE_PAGES - 1);
}

/** One folio that is present in the range is locked with its VMA, or no longer (mlock_pte_range). */
function mark_folio(k: Kernel, folio: PageRow, lock: boolean): void {
  if (!k.profile.mlockBatches) set_unevictable(k, folio, lock);
  else if (lock) mlock_folio(k, folio);
  else munlock_folio(k, folio);
}

/** The first page after those of the range that the folio has from here on, if they are mapped in its order. */
function behind_folio(k: Kernel, entry: EntryRow, page: PageRow, at: Vpn): Vpn {
  const folio = k.pages.folio(page);
  if (is_huge(ptep_get(k, entry))) return after_entry(k, entry, at);
  return (at + k.pages.count(folio) - k.pages.offset(page) + k.pages.offset(folio)) as Vpn;
}

/**
 * Folios of system memory that one page table maps, from the first that is present in [start, end) on (mlock_pte_range).
 * Returns where to go on.
 */
function mark_table(k: Kernel, mm: MmRow, { start, end, lock }: { start: Vpn; end: Vpn; lock: number }): Vpn {
  let at = next_entry(k, mm, start, end);
  for (const stop = pte_table_end(at, end); at < stop; ) {
    const entry = leaf_offset(k, mm, at);
    const page = isPresent(ptep_get(k, entry)) ? pte_page(k, entry) : (0 as PageRow);
    const folio = k.pages.folio(page);
    const wanted = page !== 0 && k.pages.pgmap(page) === 0;
    if (wanted && (lock === 0 || allows_mlock(k, mm, at, end, entry, folio)))
      mark_folio(k, folio, lock !== 0);
    at = next_entry(k, mm, wanted ? behind_folio(k, entry, page, at) : after_entry(k, entry, at), end);
  }
  return at;
}

/** Folios that are present in the range become unevictable, or evictable again, table by table. */
function markPresent<F extends { at: Vpn }>(
  r: Builder<F>,
  text: string,
  range: (k: Kernel, f: F) => { mm: MmRow; start: Vpn; end: Vpn; lock: number },
): Node<F>[] {
  return [
    r.step(text, (k, f) => {
      f.at = range(k, f).start;
    }),
    r.loop('(addr < end)', (k, f) => f.at < range(k, f).end, [
      r.step('mlock_pte_range(pmd, addr, next)', (k, f) => {
        const { mm, end, lock } = range(k, f);
        f.at = mark_table(k, mm, { start: f.at, end, lock });
      }),
    ]),
  ];
}

/** With VM_LOCKED or without; driver mappings and hugetlb are locked anyhow and stay as they are. */
function locked_flags(k: Kernel, vma: VmaRow, lock: boolean): number {
  const flags = k.mm.flags.get(vma);
  if ((flags & (Vm.MixedMap | Vm.HugeTlb)) !== 0) return flags;
  return lock ? flags | Vm.Locked : flags & ~Vm.Locked;
}

/** Sets or clears VM_LOCKED on the part of one VMA. Nothing happens where it is so already. Returns 0 or -ENOMEM. */
const mlock_fixup = routine({
  name: 'mlock_fixup',
  file: 'mm/mlock.c',
  about: 'Change VM_LOCKED of a part of a VMA, splitting and merging; present pages follow.',
  params: { vma: VmaT, start: VpnT, end: VpnT, lock: Bool },
  locals: { flags: VmFlagsT, at: VpnT },
  body: (r) => [
    r.step('newflags = vm_flags with VM_LOCKED, or without', (k, f) => {
      f.flags = locked_flags(k, f.vma, f.lock !== 0);
    }),
    r.when('(newflags == oldflags)', (k, f) => f.flags === k.mm.flags.get(f.vma), [r.ret('return 0')]),
    ...vmaModifyFlags(
      r,
      'vma_modify_flags(vmi, prev, vma, start, end, newflags)',
      r.ret('return -ENOMEM', () => -Errno.ENOMEM),
    ),
    lruAddDrain(r),
    ...markPresent(
      r,
      'mlock_vma_pages_range(): make present pages unevictable, or evictable again',
      (k, { vma, start, end, lock }) => ({ mm: mmOf(k, { vma }), start, end, lock }),
    ),
    lruAddDrain(r),
    r.ret('return 0'),
  ],
});

/** Sets or clears VM_LOCKED on [start, end), VMA by VMA. Returns 0, or -ENOMEM at a hole or without memory for a VMA. */
const apply_vma_lock_flags = routine({
  name: 'apply_vma_lock_flags',
  file: 'mm/mlock.c',
  about: 'Change VM_LOCKED of every VMA in the range.',
  params: { start: VpnT, end: VpnT, lock: Bool },
  locals: { mm: MmT, at: VpnT, next: VpnT, vma: VmaT, ret: ErrnoT },
  body: (r) => [
    r.step('mm = current->mm', (k, f) => {
      f.mm = k.tasks.mmOf(k.task);
      f.at = f.start;
    }),
    r.loop('(nstart < end && !error)', (_, f) => f.at < f.end && f.ret === 0, [
      r.step('vma = the VMA at the next page; the part of the range in it', (k, f) => {
        f.vma = k.mm.vmaAt(f.mm, f.at);
        f.next = Math.min(f.end, k.mm.end.get(f.vma)) as Vpn;
      }),
      r.when('(!vma)', (_, f) => f.vma === 0, [r.ret('return -ENOMEM', () => -Errno.ENOMEM)]),
      r.call(
        'mlock_fixup(vmi, vma, prev, nstart, tmp, newflags)',
        mlock_fixup,
        (_, f, callee) => {
          callee.vma = f.vma;
          callee.start = f.at;
          callee.end = f.next;
          callee.lock = f.lock;
          f.at = f.next;
        },
        (_, f, value) => {
          f.ret = value;
        },
      ),
    ]),
    r.ret('return the error', (_, f) => f.ret),
  ],
});

/** How POSIX wants the errors of populating (__mlock_posix_error_return). */
function posix_error(error: number): number {
  if (error === -Errno.EFAULT) return -Errno.ENOMEM;
  return error === -Errno.ENOMEM ? -Errno.EAGAIN : error;
}

/** mlock(2). Returns 0; -ENOMEM at a hole, without memory for a VMA, or where nothing may be read; -EAGAIN when memory is out. */
export const sys_mlock = routine({
  name: 'sys_mlock',
  file: 'mm/mlock.c',
  about: 'Bring a range into memory and keep it there.',
  aliases: ['do_mlock'],
  params: { start: VpnT, pages: Int },
  locals: { mm: MmT, at: VpnT, ret: ErrnoT },
  body: (r) => [
    r.step('mm = current->mm', (k, f) => {
      f.mm = k.tasks.mmOf(k.task);
    }),
    ...mmapWriteLockKillable(r, (_, f) => f.mm),
    r.call(
      'error = apply_vma_lock_flags(start, len, VM_LOCKED)',
      apply_vma_lock_flags,
      (_, f, callee) => {
        callee.start = f.start;
        callee.end = (f.start + f.pages) as Vpn;
        callee.lock = 1;
      },
      (_, f, value) => {
        f.ret = value;
      },
    ),
    r.step('mmap_write_unlock(mm)', (k, f) => mmap_write_unlock(k, f.mm)),
    r.when('(error)', (_, f) => f.ret !== 0, [r.ret('return error', (_, f) => f.ret)]),
    r.call(
      'error = __mm_populate(start, len)',
      mm_populate,
      (_, f, callee) => {
        callee.start = f.start;
        callee.end = (f.start + f.pages) as Vpn;
      },
      (_, f, value) => {
        f.ret = posix_error(value);
      },
    ),
    r.only(
      (profile) => !profile.mlockBatches,
      [
        r.when('(!error)', (_, f) => f.ret === 0, [
          lruAddDrain(r),
          ...markPresent(r, 'make the pages that came in unevictable too', (_, { mm, start, pages }) => ({
            mm,
            start,
            end: (start + pages) as Vpn,
            lock: 1,
          })),
        ]),
      ],
    ),
    r.ret('return error', (_, f) => f.ret),
  ],
});

/** munlock(2). Returns 0, or -ENOMEM at a hole or without memory for a VMA. */
export const sys_munlock = routine({
  name: 'sys_munlock',
  file: 'mm/mlock.c',
  about: 'The range may be reclaimed again.',
  params: { start: VpnT, pages: Int },
  locals: { mm: MmT, ret: ErrnoT },
  body: (r) => [
    r.step('mm = current->mm', (k, f) => {
      f.mm = k.tasks.mmOf(k.task);
    }),
    ...mmapWriteLockKillable(r, (_, f) => f.mm),
    r.call(
      'ret = apply_vma_lock_flags(start, len, 0)',
      apply_vma_lock_flags,
      (_, f, callee) => {
        callee.start = f.start;
        callee.end = (f.start + f.pages) as Vpn;
      },
      (_, f, value) => {
        f.ret = value;
      },
    ),
    r.step('mmap_write_unlock(mm)', (k, f) => mmap_write_unlock(k, f.mm)),
    r.ret('return ret', (_, f) => f.ret),
  ],
});
