/** Page tables that exist only where the kernel would have made them (mm/memory.c, mm/pgtable-generic.c). */

import { Vm } from '../../machine/address-spaces';
import { Hold } from '../../machine/holds';
import type { EntryRow, MmRow, NodeRow, PageRow, VmaRow, Vpn } from '../../machine/ids';
import { Pg } from '../../machine/pages';
import {
  isPfnSwapEntry,
  isPresent,
  kindOf,
  PTE_DEVMAP,
  PTE_DIRTY,
  PTE_PROTNONE,
  PTE_SOFT_DIRTY,
  PTE_SPECIAL,
  Pte,
} from '../../machine/pte';
import { ENTRIES, LEVEL_PGD, LEVEL_PMD, LEVEL_PTE } from '../../machine/radix';
import type { Kernel } from '../../routine/kernel';
import { flush_tlb_entry, flush_tlb_table } from '../arch/x86/mm/tlbflush';
import { Alloc, should_fail_alloc } from './fail_alloc';
import { alloc_page, free_page } from './page_alloc/page_alloc';

/** A new page-table page of the mm, or 0 when memory is out. */
function table_alloc(k: Kernel, level: number, parent: EntryRow): NodeRow {
  const page = should_fail_alloc(k, Alloc.PageTable) ? (0 as PageRow) : alloc_page(k, Hold.Kernel, 0);
  if (page === 0) return 0 as NodeRow;
  k.pages.setFlag(page, Pg.Table);
  k.zones.pageTablePages.add(k.pages.zone(page), 1);
  const node = k.tables.newNode(level, parent);
  k.tables.page.set(node, page);
  return node;
}

/** A page table that hangs nowhere yet (pte_alloc_one), or 0 when memory is out. */
export function pte_alloc_one(k: Kernel): NodeRow {
  return table_alloc(k, LEVEL_PTE, 0 as EntryRow);
}

/** Frees a page table that hangs nowhere (pte_free). */
export function table_free(k: Kernel, node: NodeRow): void {
  const page = k.tables.page.get(node) as PageRow;
  k.tables.nodes.free(node);
  k.zones.pageTablePages.add(k.pages.zone(page), -1);
  k.holds.last(page, Hold.Kernel, 0);
  free_page(k, page);
}

export function pgd_alloc(k: Kernel): NodeRow {
  return table_alloc(k, LEVEL_PGD, 0 as EntryRow);
}

export function pgd_free(k: Kernel, pgd: NodeRow): void {
  table_free(k, pgd);
}

/** The PTE for `vpn`, or 0 where no PTE table exists (pte_offset_map). */
export function pte_offset(k: Kernel, mm: MmRow, vpn: Vpn): EntryRow {
  return k.tables.find(k.mm.pgd.get(mm) as NodeRow, vpn, LEVEL_PTE);
}

/** The entry that maps `vpn`: of a PTE table, or of the PMD table where it is a leaf; 0 where there is none. */
export function leaf_offset(k: Kernel, mm: MmRow, vpn: Vpn): EntryRow {
  return k.tables.leaf(k.mm.pgd.get(mm) as NodeRow, vpn);
}

/** The page that an entry naming `page` has at `vpn`: the page itself, or one of the 512 that a huge entry maps. */
export function subpage(k: Kernel, entry: EntryRow, page: PageRow, vpn: Vpn): PageRow {
  if (k.tables.level.get(k.tables.nodeOf(entry)) === LEVEL_PTE) return page;
  return k.pages.nth(page, vpn % ENTRIES);
}

/** The entry of the PMD table for `vpn`, or 0. */
export function pmd_offset(k: Kernel, mm: MmRow, vpn: Vpn): EntryRow {
  return k.tables.find(k.mm.pgd.get(mm) as NodeRow, vpn, LEVEL_PMD);
}

/** The entry of the PMD table for `vpn`, with the tables above it made (pmd_alloc); 0 when memory is out. */
export function pmd_alloc(k: Kernel, mm: MmRow, vpn: Vpn): EntryRow {
  return make_tables(k, mm, vpn, LEVEL_PMD);
}

/** pte_alloc_map: the PTE for `vpn`, with its tables made; 0 when memory is out, or a huge entry is in their place. */
export function pte_alloc(k: Kernel, mm: MmRow, vpn: Vpn): EntryRow {
  return make_tables(k, mm, vpn, LEVEL_PTE);
}

function make_tables(k: Kernel, mm: MmRow, vpn: Vpn, to: number): EntryRow {
  const { tables } = k;
  let node = k.mm.pgd.get(mm) as NodeRow;
  for (let level = LEVEL_PGD; level > to; level--) {
    const up = tables.entry(node, tables.index(vpn, level));
    if (tables.lo.get(up) === 0) {
      const child = table_alloc(k, level - 1, up);
      if (child === 0) return 0 as EntryRow;
      tables.link(up, child);
    } else if (tables.lo.get(up) !== 1) return 0 as EntryRow;
    node = tables.child(up);
  }
  return tables.entry(node, tables.index(vpn, to));
}

/** The entry's kind and flags; 0 for "none" and for a table that doesn't exist. */
export function ptep_get(k: Kernel, entry: EntryRow): number {
  return entry === 0 ? 0 : k.tables.lo.get(entry);
}

/** vm_normal_page or pfn_swap_entry_to_page: the page an entry counts, or 0. */
export function pte_page(k: Kernel, entry: EntryRow): PageRow {
  const pte = ptep_get(k, entry);
  const counted = isPresent(pte) ? (pte & (PTE_SPECIAL | PTE_DEVMAP)) === 0 : isPfnSwapEntry(pte);
  if (!counted) return 0 as PageRow;
  return k.tables.hi.get(entry) as PageRow;
}

/** An entry that holds a page counts in the page's mapcount; else it has nothing but a reference. */
export function is_mapping(k: Kernel, pte: number): boolean {
  const kind = kindOf(pte);
  if (kind === Pte.DeviceExclusive) return k.profile.exclusiveKeepsMapcount;
  return kind === Pte.DevicePrivate || isPresent(pte);
}

/** What vm_page_prot adds to a new entry of a VMA without any access: it is present to the kernel only. */
export function protnone(k: Kernel, vma: VmaRow): number {
  return k.mm.has(vma, Vm.Read | Vm.Write | Vm.Exec) ? 0 : PTE_PROTNONE;
}

/** A write by software makes an entry dirty, and soft-dirty where entries have such a bit; hardware sets only its own bit (pte_mkdirty). */
export const pte_mkdirty = (k: Kernel, pte: number): number =>
  pte | PTE_DIRTY | (k.profile.softDirty ? PTE_SOFT_DIRTY : 0);

/** Writes an entry. Where it replaces a present one, the translations that CPUs have cached are flushed with it. */
export function set_pte(k: Kernel, entry: EntryRow, pte: number, page: number): void {
  const present = isPresent(k.tables.lo.get(entry));
  k.tables.set(entry, pte, page);
  if (present) flush_tlb_entry(k, entry);
}

/** Empties an entry, with the flush that a present one needs. */
export function pte_clear(k: Kernel, entry: EntryRow): void {
  set_pte(k, entry, 0, 0);
}

/** Changes the bits of a present entry; translations that CPUs have cached are flushed. */
export function set_pte_bits(k: Kernel, entry: EntryRow, pte: number): void {
  k.tables.lo.set(entry, pte);
  flush_tlb_entry(k, entry);
}

/** set_pte whose flush comes later: until then CPUs may go on using the old translation. */
export function set_pte_unflushed(k: Kernel, entry: EntryRow, pte: number, page: number): void {
  k.tables.set(entry, pte, page);
}

/** set_pte_bits whose flush comes later: until then CPUs may go on with the rights that the entry had. */
export function set_pte_bits_unflushed(k: Kernel, entry: EntryRow, pte: number): void {
  k.tables.lo.set(entry, pte);
}

/** The first page number that this entry maps. */
export function vpn_of_entry(k: Kernel, entry: EntryRow): Vpn {
  const { tables } = k;
  let vpn = 0;
  let scale = ENTRIES ** tables.level.get(tables.nodeOf(entry));
  for (let at: EntryRow = entry; at !== 0; ) {
    vpn += (at % ENTRIES) * scale;
    scale *= ENTRIES;
    at = tables.parent.get(tables.nodeOf(at)) as EntryRow;
  }
  return vpn as Vpn;
}

/**
 * free_pgtables: frees the tables below [start, end) that no VMA needs any more; true if there were any. `floor` and
 * `ceiling` are the end of the VMA before and the start of the one after; a table is freed only when its whole span lies
 * between them. The kernel leaves tables in the gather until the TLB is flushed; here what is cached from a table goes with it.
 */
export function free_pgtables(
  k: Kernel,
  mm: MmRow,
  start: Vpn,
  end: Vpn,
  floor: number,
  ceiling: number,
): boolean {
  return free_level(k, k.mm.pgd.get(mm) as NodeRow, LEVEL_PGD, 0, start, end, floor, ceiling);
}

function free_level(
  k: Kernel,
  node: NodeRow,
  level: number,
  base: number,
  start: number,
  end: number,
  floor: number,
  ceiling: number,
): boolean {
  const { tables } = k;
  const span = ENTRIES ** level;
  const first = Math.max(0, Math.floor((start - base) / span));
  const last = Math.min(ENTRIES - 1, Math.floor((end - 1 - base) / span));
  let freed = false;
  for (let i = first; i <= last; i++) {
    const entry = tables.entry(node, i);
    if (tables.lo.get(entry) !== 1) continue;
    const child = tables.child(entry);
    const childBase = base + i * span;
    if (level > LEVEL_PMD && free_level(k, child, level - 1, childBase, start, end, floor, ceiling))
      freed = true;
    if (childBase < floor || childBase + span > ceiling) continue;
    tables.set(entry, 0, 0);
    flush_tlb_table(k, child);
    table_free(k, child);
    freed = true;
  }
  return freed;
}
