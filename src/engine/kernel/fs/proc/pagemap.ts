/** /proc/PID/pagemap and mincore: what each page of an address space is (fs/proc/task_mmu.c, mm/mincore.c). */

import { Vm } from '../../../machine/address-spaces';
import type { EntryRow, FileRow, MmRow, PageRow, Vpn } from '../../../machine/ids';
import {
  isPresent,
  isZeroPage,
  kindOf,
  PTE_SOFT_DIRTY,
  PTE_UFFD_WP,
  Pte,
  type PteKind,
} from '../../../machine/pte';
import type { Kernel } from '../../../routine/kernel';
import { swap_type } from '../../arch/x86/mm/pte_bits';
import { cache_entry, cached_page, cached_slot } from '../../mm/memory/page_cache';
import { leaf_offset, pte_page, ptep_get, subpage } from '../../mm/pgtable';

/** One page as pagemap shows it to a privileged reader. */
export interface PagemapEntry {
  readonly present: boolean;
  /** Any entry that is not present: swapped out, and also on a device, exclusive or in migration. */
  readonly swap: boolean;
  /** Page of a file, or shared anonymous memory. */
  readonly file: boolean;
  /** Mapped by this address space only. */
  readonly exclusive: boolean;
  readonly softDirty: boolean;
  readonly uffdWp: boolean;
  /** Type code of a swap entry; -1 for others. */
  readonly swapType: number;
  /** Page frame number, or offset of a swap entry; 0 where there is none. */
  readonly offset: number;
}

const NOTHING: PagemapEntry = {
  present: false,
  swap: false,
  file: false,
  exclusive: false,
  softDirty: false,
  uffdWp: false,
  swapType: -1,
  offset: 0,
};

/** The page that an entry counts, also the one page of a huge entry; 0 for the zero page and for real swap. */
export function entry_page(k: Kernel, entry: EntryRow, vpn: Vpn): PageRow {
  const page = pte_page(k, entry);
  return page === 0 ? page : subpage(k, entry, page, vpn);
}

/** How many entries map the page, whatever kind of folio it belongs to. */
export function page_mapcount(k: Kernel, page: PageRow): number {
  return k.pages.mapcount.get(page) + k.pages.entireMapcount.get(k.pages.folio(page));
}

function offset_of(k: Kernel, entry: EntryRow, pte: number, vpn: Vpn): number {
  if (kindOf(pte) === Pte.Swap) return k.swap.slotOffset.get(k.tables.hi.get(entry));
  if (isZeroPage(pte)) return k.pages.pfn(k.tables.hi.get(entry) as PageRow);
  const page = entry_page(k, entry, vpn);
  return page === 0 ? 0 : k.pages.pfn(page);
}

/** The entry of pagemap for one page (pte_to_pagemap_entry). */
export function pagemap_entry(k: Kernel, mm: MmRow, vpn: Vpn): PagemapEntry {
  const vma = k.mm.vmaAt(mm, vpn);
  const vmaSoftDirty = vma !== 0 && k.mm.has(vma, Vm.SoftDirty);
  const entry = leaf_offset(k, mm, vpn);
  const pte = ptep_get(k, entry);
  if (pte === 0) return vmaSoftDirty ? { ...NOTHING, softDirty: true } : NOTHING;
  const present = isPresent(pte);
  const page = entry_page(k, entry, vpn);
  const alone = page !== 0 && page_mapcount(k, page) === 1;
  return {
    present,
    swap: !present,
    file: page !== 0 && !k.pages.isAnon(page),
    exclusive: alone && (present || k.profile.pagemapExclusiveElsewhere),
    softDirty: vmaSoftDirty || (pte & PTE_SOFT_DIRTY) !== 0,
    uffdWp: (pte & PTE_UFFD_WP) !== 0,
    swapType: present ? -1 : (swap_type(k.profile.swapTypes, pte) ?? -1),
    offset: offset_of(k, entry, pte, vpn),
  };
}

const bit = (n: number, on: boolean): bigint => (on ? 1n << BigInt(n) : 0n);
/** Bits of a swap type in the frame field (MAX_SWAPFILES_SHIFT). */
const TYPE_BITS = 5n;

/** The 64-bit word that a read of /proc/PID/pagemap returns for the page. */
export function pagemap_word(entry: PagemapEntry): bigint {
  const offset = BigInt(entry.offset);
  const frame = entry.swap ? (offset << TYPE_BITS) | BigInt(entry.swapType) : offset;
  return (
    frame |
    bit(55, entry.softDirty) |
    bit(56, entry.exclusive) |
    bit(57, entry.uffdWp) |
    bit(61, entry.file) |
    bit(62, entry.swap) |
    bit(63, entry.present)
  );
}

/** The file's page is in the page cache; what was written before the run began is there from the start. */
function is_cached(k: Kernel, file: FileRow, index: number): boolean {
  if (index >= k.files.pages.get(file)) return false;
  const entry = cache_entry(k, file, index);
  const slot = cached_slot(k, entry);
  if (slot !== 0) return k.swap.slotCached.get(slot) !== 0;
  return cached_page(k, entry) !== 0 || k.files.filled.get(file) !== 0;
}

/** Entries that mincore takes for pages in memory although they are not present. */
const RESIDENT: readonly PteKind[] = [
  Pte.Migration,
  Pte.DevicePrivate,
  Pte.DeviceExclusive,
  Pte.HwPoison,
  Pte.Marker,
];

/** Whether mincore says that the page is in memory: a page on a device is, a swapped-out one only in the swap cache. */
export function mincore_page(k: Kernel, mm: MmRow, vpn: Vpn): boolean {
  const entry = leaf_offset(k, mm, vpn);
  const pte = ptep_get(k, entry);
  if (isPresent(pte) || RESIDENT.includes(kindOf(pte))) return true;
  if (kindOf(pte) === Pte.Swap) return k.swap.slotCached.get(k.tables.hi.get(entry)) !== 0;
  const vma = k.mm.vmaAt(mm, vpn);
  const file = (vma === 0 ? 0 : k.mm.file.get(vma)) as FileRow;
  return file !== 0 && is_cached(k, file, k.mm.linearIndex(vma, vpn));
}
