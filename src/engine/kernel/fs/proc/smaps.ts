/** /proc/PID/smaps, statm and status: how much memory an address space uses, and of what kind (fs/proc/task_mmu.c). */

import { Vm } from '../../../machine/address-spaces';
import type { EntryRow, MmRow, PageRow, VmaRow, Vpn } from '../../../machine/ids';
import { Pg } from '../../../machine/pages';
import { isPresent, kindOf, PTE_DIRTY, PTE_YOUNG, Pte } from '../../../machine/pte';
import type { Kernel } from '../../../routine/kernel';
import { after_entry, next_entry } from '../../mm/pagewalk';
import { leaf_offset, ptep_get } from '../../mm/pgtable';
import { entry_page, page_mapcount } from './pagemap';

/** Counters of smaps, in bytes; proportional ones may be fractions. */
export interface Smaps {
  size: number;
  rss: number;
  pss: number;
  pssDirty: number;
  sharedClean: number;
  sharedDirty: number;
  privateClean: number;
  privateDirty: number;
  referenced: number;
  anonymous: number;
  lazyFree: number;
  swap: number;
  swapPss: number;
  locked: number;
}

const PAGE = 4096;

const empty = (): Smaps => ({
  size: 0,
  rss: 0,
  pss: 0,
  pssDirty: 0,
  sharedClean: 0,
  sharedDirty: 0,
  privateClean: 0,
  privateDirty: 0,
  referenced: 0,
  anonymous: 0,
  lazyFree: 0,
  swap: 0,
  swapPss: 0,
  locked: 0,
});

interface Seen {
  readonly page: PageRow;
  readonly young: boolean;
  readonly dirty: boolean;
  /** Present, or on a device: how often it is mapped is known. */
  readonly counted: boolean;
}

/** Adds one page in memory, or on a device (smaps_account). */
function account(k: Kernel, sum: Smaps, vma: VmaRow, { page, young, dirty, counted }: Seen): void {
  const folio = k.pages.folio(page);
  const isDirty = dirty || k.pages.has(folio, Pg.Dirty);
  const mapcount = page_mapcount(k, page);
  const doubted = !counted && k.profile.smapsDoubtsElsewhere;
  const pss = !doubted && mapcount >= 2 ? PAGE / mapcount : PAGE;
  const shared = doubted || mapcount >= 2;
  sum.rss += PAGE;
  sum.pss += pss;
  if (k.pages.isAnon(page)) {
    sum.anonymous += PAGE;
    if (!k.pages.has(folio, Pg.SwapBacked) && !isDirty) sum.lazyFree += PAGE;
  }
  if (young || k.pages.has(folio, Pg.Referenced)) sum.referenced += PAGE;
  if (k.mm.has(vma, Vm.Locked)) sum.locked += pss;
  if (isDirty) sum.pssDirty += pss;
  if (shared) sum[isDirty ? 'sharedDirty' : 'sharedClean'] += PAGE;
  else sum[isDirty ? 'privateDirty' : 'privateClean'] += PAGE;
}

/** One page of the VMA (smaps_pte_entry). */
function add_page(k: Kernel, sum: Smaps, vma: VmaRow, entry: EntryRow, vpn: Vpn): void {
  const pte = ptep_get(k, entry);
  if (kindOf(pte) === Pte.Swap) {
    const users = Math.max(1, k.swap.slotCount.get(k.tables.hi.get(entry)));
    sum.swap += PAGE;
    sum.swapPss += PAGE / users;
    return;
  }
  const page = entry_page(k, entry, vpn);
  if (page === 0) return;
  const present = isPresent(pte);
  account(k, sum, vma, {
    page,
    young: present && (pte & PTE_YOUNG) !== 0,
    dirty: present && (pte & PTE_DIRTY) !== 0,
    counted: present || kindOf(pte) === Pte.DevicePrivate,
  });
}

/** What smaps says about one VMA. Device pages count as if they were present; only real swap counts as swap. */
export function smaps_vma(k: Kernel, vma: VmaRow): Smaps {
  const mm = k.mm.mm.get(vma) as MmRow;
  const start = k.mm.start.get(vma) as Vpn;
  const end = k.mm.end.get(vma) as Vpn;
  const sum = empty();
  sum.size = (end - start) * PAGE;
  for (let at = next_entry(k, mm, start, end); at < end; ) {
    const entry = leaf_offset(k, mm, at);
    const after = Math.min(after_entry(k, entry, at), end);
    for (let vpn: number = at; vpn < after; vpn++) add_page(k, sum, vma, entry, vpn as Vpn);
    at = next_entry(k, mm, after as Vpn, end);
  }
  return sum;
}

/** /proc/PID/smaps_rollup: the sum over all VMAs. */
export function smaps_rollup(k: Kernel, mm: MmRow): Smaps {
  const sum = empty();
  const names = Object.keys(sum) as (keyof Smaps)[];
  for (const vma of k.mm.vmasOf(mm)) {
    const one = smaps_vma(k, vma);
    for (const name of names) sum[name] += one[name];
  }
  return sum;
}

/** The counters behind /proc/PID/statm and status, in pages. Migration to a device does not change them. */
export interface Statm {
  readonly size: number;
  readonly resident: number;
  readonly shared: number;
  readonly rssAnon: number;
  readonly rssFile: number;
  readonly rssShmem: number;
  readonly swap: number;
}

export function statm(k: Kernel, mm: MmRow): Statm {
  const rssAnon = k.mm.rssAnon.get(mm);
  const rssFile = k.mm.rssFile.get(mm);
  const rssShmem = k.mm.rssShmem.get(mm);
  let size = 0;
  for (const vma of k.mm.vmasOf(mm)) size += k.mm.end.get(vma) - k.mm.start.get(vma);
  return {
    size,
    resident: rssAnon + rssFile + rssShmem,
    shared: rssFile + rssShmem,
    rssAnon,
    rssFile,
    rssShmem,
    swap: k.mm.swapEntries.get(mm),
  };
}
