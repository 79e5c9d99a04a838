/**
 * Why a page stays where it is: the kernel's functions that refuse something say so where they decide it, with the rule,
 * the numbers they compared and who else holds the page. Nothing of this is state.
 */

import { Hold } from '../machine/holds';
import type { MmRow, PageRow, ProcessRow, Vpn } from '../machine/ids';
import type { Kernel } from '../routine/kernel';

/**
 * The rules, each with the function of the kernel (or the step of a driver) that follows it. `found` and `wanted` of a
 * refusal are what the rule compares; where nothing is said of them they are 0.
 */
export const RULES = {
  /** Nothing is mapped, and only holes of anonymous memory migrate. */
  file_hole: 'migrate_vma_collect_pmd',
  /** The zero page, and the migration does not take pages of system memory. */
  zero_page: 'migrate_vma_collect_pmd',
  /** The entry stands for no page that could move; `found` is its kind (`Pte`). */
  entry_kind: 'migrate_vma_collect_pmd',
  /** No page of the LRU's kind: a driver or the kernel put it there. */
  special_page: 'migrate_vma_collect_pmd',
  /** Part of a folio of many pages. */
  large_folio: 'migrate_vma_collect_pmd',
  /** Memory of a kind that the migration does not take; `found` is the memory's type, 0 = system memory. */
  not_selected: 'migrate_vma_collect_pmd',
  /** Memory of another device than the one that migrates: devices `found` and `wanted`. */
  other_owner: 'migrate_vma_collect_pmd',
  /** Somebody else has the page lock: the first of the holders. */
  locked: 'migrate_vma_collect_pmd',
  /** `found` references: at `wanted` or more it may be pinned. */
  may_be_pinned: 'folio_try_share_anon_rmap_pte',
  /** A huge page that could not be split; `found` is the error. */
  not_split: 'migrate_vma_collect_pmd',
  /** On no LRU list, even after the batches of all CPUs were drained. */
  not_on_lru: 'folio_isolate_lru',
  /** `found` entries of page tables still map it. */
  still_mapped: 'try_to_migrate_one',
  /** `found` references, where `wanted` are expected. */
  foreign_reference: 'migrate_vma_check_page',
  /** The same, when its identity is to be moved. */
  reference_taken: 'folio_migrate_mapping',
  /** The driver gave no page to move to. */
  no_destination: '__migrate_device_pages',
  /** A page of a file can't become device memory. */
  file_page: '__migrate_device_pages',
  /** A page of the swap cache has to leave it first. */
  swap_cache: '__migrate_device_pages',
  /** Of a kind that can't be put there. */
  wrong_target: '__migrate_device_pages',
  /** A hole of a file can't be filled. */
  file_hole_insert: 'migrate_vma_insert_page',
  /** Somebody has filled the hole meanwhile. */
  hole_filled: 'migrate_vma_insert_page',
  /** No memory for a page table or an anon_vma, or the memory cgroup is full. */
  no_memory: 'migrate_vma_insert_page',
  /** The driver has no free page of device memory; `found` is the device. */
  device_full: 'zone_device_page_init',
  /** The driver gets no page of system memory. */
  system_full: 'alloc_pages',
  /** Failure injection. `found` is the device. */
  fail_alloc: 'fail alloc',
  fail_copy: 'fail copy',
  /** The range can't be migrated at all. */
  bad_range: 'migrate_vma_setup',
  /** Only anonymous memory can be a device's alone. */
  exclusive_file: 'folio_make_device_exclusive',
  /** The same, asked page by page. */
  exclusive_not_anon: 'make_device_exclusive',
  /** A page inside a large folio can't be. */
  exclusive_tail: 'make_device_exclusive_range',
  /** Somebody else has the page lock: the first of the holders. */
  exclusive_locked: 'make_device_exclusive_range',
  /** Reclaim: locked in memory (VM_LOCKED). */
  mlocked: 'folio_evictable',
  /** Reclaim: somebody else has the page lock. */
  reclaim_locked: 'shrink_folio_list',
  /** Reclaim: no room in swap. */
  no_swap: 'add_to_swap',
  /** Reclaim: still mapped, the reverse map could not take it out everywhere. */
  reclaim_mapped: 'try_to_unmap_one',
  /** Reclaim: `found` references, where `wanted` are expected. */
  reclaim_held: '__remove_mapping',
} as const;

export type Rule = keyof typeof RULES;
export const RULE_NAMES = Object.keys(RULES) as Rule[];
const numbers = Object.fromEntries(RULE_NAMES.map((name, number) => [name, number])) as Record<Rule, number>;

/** Holders that a refusal names. */
const MOST_HOLDERS = 8;

/** What was refused, and where. */
export interface Refused {
  /** The address, where the page was found by one. */
  readonly at?: { readonly process: ProcessRow; readonly vpn: Vpn } | undefined;
  readonly page?: PageRow;
  readonly found?: number;
  readonly wanted?: number;
  /** Kinds of reference that are expected. The others are named; without it none is. */
  readonly besides?: readonly number[];
  /** The page lock is what stands in the way. */
  readonly lock?: boolean;
}

/** Kind of a holder who has not a reference but the page lock. */
export const LOCK_HOLDER = -1;

/** Who holds the page, as pairs of kind and who. */
function holders(k: Kernel, { page = 0 as PageRow, besides, lock }: Refused): number[] {
  if (page === 0) return [];
  const named: number[] = lock === true ? [LOCK_HOLDER, k.pages.lockOwner.get(k.pages.folio(page))] : [];
  if (besides === undefined) return named;
  for (const { kind, who } of k.holds.of(page))
    if (kind !== Hold.Pte && !besides.includes(kind) && named.length < 2 * MOST_HOLDERS)
      named.push(kind, who);
  return named;
}

/** Says that something stays as it is, by which rule. */
export function refuse(k: Kernel, rule: Rule, of: Refused): void {
  const { at, page = 0, found = 0, wanted = 0 } = of;
  k.emit('refused', numbers[rule], at?.process ?? 0, at?.vpn ?? 0, page, found, wanted, ...holders(k, of));
}

/** An address of an address space, as a refusal names it. */
export const placeIn = (k: Kernel, mm: MmRow, vpn: Vpn): { process: ProcessRow; vpn: Vpn } => ({
  process: k.mm.process.get(mm) as ProcessRow,
  vpn,
});
