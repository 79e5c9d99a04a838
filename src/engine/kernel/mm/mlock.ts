/** Keeping pages in memory (mm/mlock.c). A locked page may still go to a device: that is no reclaim. */

import { Vm } from '../../machine/address-spaces';
import { type PageRow, TASK_SIZE_PAGES, type VmaRow, type Vpn } from '../../machine/ids';
import { Pg } from '../../machine/pages';
import { isPresent } from '../../machine/pte';
import type { Kernel } from '../../routine/kernel';
import { Bool, ErrnoT, Hex, Int, MmT, routine, VmaT, VpnT } from '../../routine/routine';
import { Errno } from '../constants';
import { Foll } from './gup/foll';
import { get_user_pages } from './gup/gup';
import { vma_adjust_trans_huge } from './huge_memory/huge_pmd';
import {
  mmap_read_unlock_if_locked,
  mmap_write_unlock,
  mmapReadLock,
  mmapWriteLockKillable,
} from './mmap/mmap_lock';
import { vma_modify_flags, vmas_modify_changes } from './mmap/vma';
import { vmaStartWrite } from './mmap/vma_lock';
import { after_entry, next_entry } from './pagewalk';
import { leaf_offset, pte_page, ptep_get } from './pgtable';
import { rmapWriteLock, vmaLocks } from './rmap/rmap_lock';
import { lru_add_drain, lru_del, lru_insert } from './swap/swap';

/** The page goes to the list of pages that reclaim leaves alone, or comes back from it (mlock_folio, munlock_folio). */
function set_unevictable(k: Kernel, page: PageRow, locked: boolean): void {
  if (!k.pages.has(page, Pg.Lru) || k.pages.has(page, Pg.Unevictable) === locked) return;
  lru_del(k, page);
  if (locked) k.pages.setFlag(page, Pg.Unevictable);
  else k.pages.clearFlag(page, Pg.Unevictable);
  lru_insert(k, page);
}

/** Pages of the range that are present now. */
function mark_present_pages(k: Kernel, f: { start: Vpn; end: Vpn; lock: number }): void {
  const mm = k.tasks.mmOf(k.task);
  lru_add_drain(k);
  for (
    let at = next_entry(k, mm, f.start, f.end);
    at < f.end;
    at = next_entry(k, mm, after_entry(k, leaf_offset(k, mm, at), at), f.end)
  ) {
    const entry = leaf_offset(k, mm, at);
    const page = isPresent(ptep_get(k, entry)) ? pte_page(k, entry) : (0 as PageRow);
    if (page !== 0) set_unevictable(k, k.pages.folio(page), f.lock !== 0);
  }
}

/** With VM_LOCKED or without; driver mappings and hugetlb are locked anyhow and stay as they are. */
function locked_flags(k: Kernel, vma: VmaRow, lock: boolean): number {
  const flags = k.mm.flags.get(vma);
  if ((flags & (Vm.MixedMap | Vm.HugeTlb)) !== 0) return flags;
  return lock ? flags | Vm.Locked : flags & ~Vm.Locked;
}

/** Sets or clears VM_LOCKED on [start, end), VMA by VMA. Returns 0, or -ENOMEM at a hole. */
const apply_vma_lock_flags = routine({
  name: 'apply_vma_lock_flags',
  file: 'mm/mlock.c',
  about: 'Change VM_LOCKED of every VMA in the range, splitting and merging; present pages follow.',
  params: { start: VpnT, end: VpnT, lock: Bool },
  locals: { mm: MmT, at: VpnT, next: VpnT, vma: VmaT, flags: Hex },
  body: (r) => [
    r.step('mm = current->mm', (k, f) => {
      f.mm = k.tasks.mmOf(k.task);
      f.at = f.start;
    }),
    ...vma_adjust_trans_huge(r, (_, f) => f.mm),
    r.loop('pages are left', (_, f) => f.at < f.end, [
      r.step('vma = the VMA at the next page', (k, f) => {
        f.vma = k.mm.vmaAt(f.mm, f.at);
      }),
      r.when('nothing is mapped there', (_, f) => f.vma === 0, [
        r.ret('return -ENOMEM', () => -Errno.ENOMEM),
      ]),
      r.step('its new flags; the part of the range in it', (k, f) => {
        f.flags = locked_flags(k, f.vma, f.lock !== 0);
        f.next = Math.min(f.end, k.mm.end.get(f.vma)) as Vpn;
      }),
      r.when('mlock_fixup: they are others than before', (k, f) => f.flags !== k.mm.flags.get(f.vma), [
        vmaStartWrite(r, (k, f) => [f.vma, ...vmas_modify_changes(k, f.vma, f.at, f.next, f.flags)]),
        rmapWriteLock(r, (k, f) => vmaLocks(k, vmas_modify_changes(k, f.vma, f.at, f.next, f.flags))),
        r.step('vma_modify_flags(vmi, prev, vma, start, end, newflags)', (k, f) => {
          vma_modify_flags(k, f.vma, f.at, f.next, f.flags);
        }),
      ]),
      r.step('behind it', (_, f) => {
        f.at = f.next;
      }),
    ]),
    r.step('present pages become unevictable, or evictable again', (k, f) => mark_present_pages(k, f)),
    r.ret('return 0'),
  ],
});

/** What a page of this VMA is faulted in for: private writable memory is written to, so that it is the process's own. */
function populate_flags(k: Kernel, vma: VmaRow): number {
  const privateWritable = (k.mm.flags.get(vma) & (Vm.Write | Vm.Shared)) === Vm.Write;
  return Foll.Touch | Foll.Unlockable | Foll.Restarts | (privateWritable ? Foll.Write : 0);
}

/** Faults [start, end) in as far as it is mapped. Returns 0 or the error. */
const mm_populate = routine({
  name: '__mm_populate',
  file: 'mm/gup.c',
  about: 'Fault the range in, VMA by VMA. Device pages come home.',
  params: { start: VpnT, end: VpnT },
  locals: { mm: MmT, vma: VmaT, ret: ErrnoT },
  body: (r) => [
    r.step('mm = current->mm', (k, f) => {
      f.mm = k.tasks.mmOf(k.task);
    }),
    r.loop('pages are left, and no error', (_, f) => f.start < f.end && f.ret >= 0, [
      ...mmapReadLock(r, (_, f) => f.mm),
      r.step('vma = find_vma_intersection(mm, nstart, end)', (k, f) => {
        f.vma = k.mm.findVma(f.mm, f.start);
        const next = f.vma === 0 ? TASK_SIZE_PAGES : k.mm.start.get(f.vma);
        f.start = Math.min(f.end, Math.max(f.start, next)) as Vpn;
      }),
      r.when('there is one', (_, f) => f.start < f.end, [
        r.call(
          'ret = populate_vma_page_range(vma, nstart, nend)',
          get_user_pages,
          (k, f, callee) => {
            callee.mm = f.mm;
            callee.start = f.start;
            callee.pages = Math.min(f.end, k.mm.end.get(f.vma)) - f.start;
            callee.foll = populate_flags(k, f.vma);
          },
          (_, f, value) => {
            f.ret = value;
            if (value > 0) f.start = (f.start + value) as Vpn;
          },
        ),
      ]),
      r.step('mmap_read_unlock(mm), if it is held still', (k, f) => mmap_read_unlock_if_locked(k, f.mm)),
    ]),
    r.ret('return 0, or the error', (_, f) => Math.min(f.ret, 0)),
  ],
});

/** How POSIX wants the errors of populating (__mlock_posix_error_return). */
function posix_error(error: number): number {
  if (error === -Errno.EFAULT) return -Errno.ENOMEM;
  return error === -Errno.ENOMEM ? -Errno.EAGAIN : error;
}

/** mlock(2). Returns 0; -ENOMEM at a hole or where nothing may be read; -EAGAIN when memory is out. */
export const sys_mlock = routine({
  name: 'sys_mlock',
  file: 'mm/mlock.c',
  about: 'Bring a range into memory and keep it there.',
  aliases: ['do_mlock'],
  params: { start: VpnT, pages: Int },
  locals: { mm: MmT, ret: ErrnoT },
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
    r.when('it failed', (_, f) => f.ret !== 0, [r.ret('return error', (_, f) => f.ret)]),
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
    r.when('it worked', (_, f) => f.ret === 0, [
      r.step('the pages that came in are unevictable too', (k, f) =>
        mark_present_pages(k, { start: f.start, end: (f.start + f.pages) as Vpn, lock: 1 }),
      ),
    ]),
    r.ret('return error', (_, f) => f.ret),
  ],
});

/** munlock(2). Returns 0, or -ENOMEM at a hole. */
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
