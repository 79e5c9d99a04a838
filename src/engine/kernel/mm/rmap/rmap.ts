/** Reverse mapping: from a page to the entries that map it (mm/rmap.c). */

import type { AnonVmaRow, EntryRow, FileRow, MmRow, PageRow, VmaRow, Vpn } from '../../../machine/ids';
import { MAPPING_ANON, MAPPING_FILE, Pg } from '../../../machine/pages';
import { kindOf, Pte } from '../../../machine/pte';
import type { Kernel } from '../../../routine/kernel';
import { Alloc, should_fail_alloc } from '../fail_alloc';
import { munlock_vma_folio } from '../mlock/mlock_folio';
import { pte_offset, pte_page, ptep_get } from '../pgtable';

/** One place where a page may be mapped. */
export interface Mapping {
  readonly vma: VmaRow;
  readonly vpn: Vpn;
}

/** Hangs a VMA on an anon_vma. */
function chain_link(k: Kernel, vma: VmaRow, anon: AnonVmaRow): void {
  const { mm } = k;
  const chain = mm.chains.alloc();
  mm.chainVma.set(chain, vma);
  mm.chainAnon.set(chain, anon);
  mm.nextInVma.set(chain, mm.firstChain.get(vma));
  mm.firstChain.set(vma, chain);
  mm.nextInAnon.set(chain, mm.anonChains.get(anon));
  mm.anonChains.set(anon, chain);
}

/** A new anon_vma; 0 without memory. */
function anon_vma_alloc(k: Kernel, parent: AnonVmaRow): AnonVmaRow {
  const { mm } = k;
  if (should_fail_alloc(k, Alloc.AnonVma)) return 0 as AnonVmaRow;
  const anon = mm.anonVmas.alloc() as AnonVmaRow;
  mm.parent.set(anon, parent);
  mm.root.set(anon, parent === 0 ? anon : mm.root.get(parent));
  if (parent !== 0) mm.children.add(parent, 1);
  return anon;
}

/** The VMA before `vma` in its mm, or 0. */
export function previous_vma(k: Kernel, vma: VmaRow): VmaRow {
  let previous = 0;
  for (const at of k.mm.vmasOf(k.mm.mm.get(vma) as MmRow)) {
    if (at === vma) return previous as VmaRow;
    previous = at;
  }
  return 0 as VmaRow;
}

const ACCESS_FLAGS = 0b111;

/** Two neighbours that mprotect alone keeps apart may share one anon_vma (anon_vma_compatible). */
function anon_vma_compatible(k: Kernel, a: VmaRow, b: VmaRow): boolean {
  const { mm } = k;
  return (
    mm.end.get(a) === mm.start.get(b) &&
    mm.file.get(a) === mm.file.get(b) &&
    ((mm.flags.get(a) ^ mm.flags.get(b)) & ~ACCESS_FLAGS) === 0 &&
    mm.pgoff.get(b) === mm.pgoff.get(a) + (mm.end.get(a) - mm.start.get(a))
  );
}

function reusable_anon_vma(k: Kernel, old: VmaRow, a: VmaRow, b: VmaRow): AnonVmaRow {
  const { mm } = k;
  if (!anon_vma_compatible(k, a, b)) return 0 as AnonVmaRow;
  const singular = mm.nextInVma.get(mm.firstChain.get(old)) === 0;
  return (singular ? mm.anonVma.get(old) : 0) as AnonVmaRow;
}

/** A neighbour's anon_vma that this VMA may use, so that they can merge later (find_mergeable_anon_vma). */
function find_mergeable_anon_vma(k: Kernel, vma: VmaRow): AnonVmaRow {
  const next = k.mm.next.get(vma) as VmaRow;
  if (next !== 0) {
    const anon = reusable_anon_vma(k, next, vma, next);
    if (anon !== 0) return anon;
  }
  const previous = previous_vma(k, vma);
  return previous === 0 ? (0 as AnonVmaRow) : reusable_anon_vma(k, previous, previous, vma);
}

/** Gives a VMA an anon_vma before its first anonymous page; false without memory for one (anon_vma_prepare). */
export function anon_vma_prepare(k: Kernel, vma: VmaRow): boolean {
  const { mm } = k;
  if (mm.anonVma.get(vma) !== 0) return true;
  let anon = find_mergeable_anon_vma(k, vma);
  if (anon === 0) anon = anon_vma_alloc(k, 0 as AnonVmaRow);
  if (anon === 0) return false;
  mm.anonVma.set(vma, anon);
  mm.users.add(anon, 1);
  chain_link(k, vma, anon);
  return true;
}

function chains_of(k: Kernel, vma: VmaRow): AnonVmaRow[] {
  const chains: AnonVmaRow[] = [];
  for (let chain = k.mm.firstChain.get(vma); chain !== 0; chain = k.mm.nextInVma.get(chain))
    chains.push(k.mm.chainAnon.get(chain) as AnonVmaRow);
  return chains;
}

/**
 * Hangs `dst` on every anon_vma of `src` (anon_vma_clone). A split or moved VMA takes over `src`'s anon_vma; a forked
 * one (its `anonVma` still 0) may adopt one that no VMA uses and that has fewer than two children.
 */
export function anon_vma_clone(k: Kernel, dst: VmaRow, src: VmaRow): void {
  const { mm } = k;
  for (const anon of chains_of(k, src).reverse()) {
    chain_link(k, dst, anon);
    const reusable = mm.anonVma.get(src) !== 0 && mm.children.get(anon) < 2 && mm.users.get(anon) === 0;
    if (mm.anonVma.get(dst) === 0 && reusable) mm.anonVma.set(dst, anon);
  }
  if (mm.anonVma.get(dst) !== 0) mm.users.add(mm.anonVma.get(dst), 1);
}

/**
 * The child's VMA joins the parent's anon_vmas and gets one of its own for pages to come; false without memory for that
 * one, and the VMA has joined none (anon_vma_fork).
 */
export function anon_vma_fork(k: Kernel, vma: VmaRow, parentVma: VmaRow): boolean {
  const { mm } = k;
  mm.anonVma.set(vma, 0);
  if (mm.anonVma.get(parentVma) === 0) return true;
  anon_vma_clone(k, vma, parentVma);
  if (mm.anonVma.get(vma) !== 0) return true;
  const anon = anon_vma_alloc(k, mm.anonVma.get(parentVma) as AnonVmaRow);
  if (anon === 0) {
    unlink_anon_vmas(k, vma);
    return false;
  }
  mm.anonVma.set(vma, anon);
  mm.users.add(anon, 1);
  chain_link(k, vma, anon);
  return true;
}

function unlink_chain(k: Kernel, anon: AnonVmaRow, vma: VmaRow): void {
  const { mm } = k;
  let previous = 0;
  for (let chain = mm.anonChains.get(anon); chain !== 0; chain = mm.nextInAnon.get(chain)) {
    if (mm.chainVma.get(chain) === vma) {
      if (previous === 0) mm.anonChains.set(anon, mm.nextInAnon.get(chain));
      else mm.nextInAnon.set(previous, mm.nextInAnon.get(chain));
      return;
    }
    previous = chain;
  }
}

/** The VMA joins those that map its file, behind `after`, or behind all (vma_interval_tree_insert, …_insert_after). */
export function i_mmap_insert(k: Kernel, vma: VmaRow, after: VmaRow = 0 as VmaRow): void {
  const { mm, files } = k;
  const file = mm.file.get(vma);
  if (file === 0) return;
  let last: number = after;
  if (last === 0) for (let at = files.firstVma.get(file); at !== 0; at = mm.nextInFile.get(at)) last = at;
  mm.nextInFile.set(vma, last === 0 ? 0 : mm.nextInFile.get(last));
  if (last === 0) files.firstVma.set(file, vma);
  else mm.nextInFile.set(last, vma);
}

/** vma_interval_tree_remove. */
export function i_mmap_remove(k: Kernel, vma: VmaRow): void {
  const { mm, files } = k;
  const file = mm.file.get(vma);
  if (file === 0) return;
  const next = mm.nextInFile.get(vma);
  let before = files.firstVma.get(file);
  if (before === vma) files.firstVma.set(file, next);
  else {
    while (mm.nextInFile.get(before) !== vma) before = mm.nextInFile.get(before);
    mm.nextInFile.set(before, next);
  }
  mm.nextInFile.set(vma, 0);
}

/**
 * A VMA whose ends change leaves the interval trees of its anon_vmas and its file and enters them again, behind those
 * with the same linear start (vma_prepare and vma_complete).
 */
export function vma_trees_update(k: Kernel, vma: VmaRow): void {
  const { mm } = k;
  i_mmap_remove(k, vma);
  i_mmap_insert(k, vma);
  for (let chain = mm.firstChain.get(vma); chain !== 0; chain = mm.nextInVma.get(chain)) {
    const anon = mm.chainAnon.get(chain) as AnonVmaRow;
    unlink_chain(k, anon, vma);
    mm.nextInAnon.set(chain, mm.anonChains.get(anon));
    mm.anonChains.set(anon, chain);
  }
}

/** Takes a VMA off its anon_vmas; those nobody hangs on any more are freed (unlink_anon_vmas). */
export function unlink_anon_vmas(k: Kernel, vma: VmaRow): void {
  const { mm } = k;
  const own = mm.anonVma.get(vma);
  if (own !== 0) mm.users.add(own, -1);
  for (let chain = mm.firstChain.get(vma); chain !== 0; ) {
    const next = mm.nextInVma.get(chain);
    const anon = mm.chainAnon.get(chain) as AnonVmaRow;
    unlink_chain(k, anon, vma);
    mm.chains.free(chain);
    if (mm.anonChains.get(anon) === 0 && mm.children.get(anon) === 0) anon_vma_free(k, anon);
    chain = next;
  }
  mm.firstChain.set(vma, 0);
  mm.anonVma.set(vma, 0);
}

function anon_vma_free(k: Kernel, anon: AnonVmaRow): void {
  const { mm } = k;
  const parent = mm.parent.get(anon) as AnonVmaRow;
  mm.anonVmas.free(anon);
  if (parent === 0) return;
  mm.children.add(parent, -1);
  if (mm.anonChains.get(parent) === 0 && mm.children.get(parent) === 0) anon_vma_free(k, parent);
}

/** First mapping of a fresh anonymous page or folio (folio_add_new_anon_rmap). The mapping's reference is the caller's. */
export function folio_add_new_anon_rmap(k: Kernel, page: PageRow, vma: VmaRow, vpn: Vpn): void {
  const { pages } = k;
  pages.mapping.set(page, (k.mm.anonVma.get(vma) << 2) | MAPPING_ANON);
  pages.index.set(page, k.mm.linearIndex(vma, vpn));
  pages.setFlag(page, Pg.SwapBacked | (k.profile.anonExclusive ? Pg.AnonExclusive : 0));
  if (pages.has(page, Pg.Head)) folio_add_rmap_pmd(k, page);
  else folio_add_rmap(k, page);
}

/**
 * The page is this VMA's alone from now on: walks of the reverse map look for it here only, no longer in the parent and in
 * siblings (folio_move_anon_rmap, page_move_anon_rmap).
 */
export function folio_move_anon_rmap(k: Kernel, page: PageRow, vma: VmaRow): void {
  k.pages.mapping.set(k.pages.folio(page), (k.mm.anonVma.get(vma) << 2) | MAPPING_ANON);
}

/** One more mapping of a page (folio_add_anon_rmap_pte, folio_add_file_rmap_pte, folio_dup_…). */
export function folio_add_rmap(k: Kernel, page: PageRow): void {
  const first = k.pages.mapcount.add(page, 1) === 1;
  const newly = k.pages.has(page, Pg.Head | Pg.Tail) ? large_mapped(k, page, 1) && first : first;
  if (newly) count_mapped(k, page, 1);
}

/** A mapping of one page of a large folio comes or goes; false if the folio is mapped as a whole anyway. */
function large_mapped(k: Kernel, page: PageRow, delta: number): boolean {
  const head = k.pages.folio(page);
  k.pages.largeMapcount.add(head, delta);
  return k.pages.entireMapcount.get(head) === 0;
}

/** Pages of a large folio that entries of PTE tables map. */
function mapped_singly(k: Kernel, head: PageRow): number {
  let mapped = 0;
  for (let i = 0; i < k.pages.count(head); i++) if (k.pages.mapcount.get(k.pages.nth(head, i)) > 0) mapped++;
  return mapped;
}

/** One more mapping of a whole folio (folio_add_anon_rmap_pmd). */
export function folio_add_rmap_pmd(k: Kernel, head: PageRow): void {
  k.pages.largeMapcount.add(head, 1);
  if (k.pages.entireMapcount.add(head, 1) === 1)
    count_mapped(k, head, k.pages.count(head) - mapped_singly(k, head));
}

/** One mapping of a whole folio less, in this VMA (folio_remove_rmap_pmd). */
export function folio_remove_rmap_pmd(k: Kernel, head: PageRow, vma: VmaRow): void {
  k.pages.largeMapcount.add(head, -1);
  if (k.pages.entireMapcount.add(head, -1) === 0)
    count_mapped(k, head, mapped_singly(k, head) - k.pages.count(head));
  munlock_vma_folio(k, head, vma);
}

/** One mapping less, in this VMA (folio_remove_rmap_pte). */
export function folio_remove_rmap(k: Kernel, page: PageRow, vma: VmaRow): void {
  const last = k.pages.mapcount.add(page, -1) === 0;
  const gone = k.pages.has(page, Pg.Head | Pg.Tail) ? large_mapped(k, page, -1) && last : last;
  if (gone) count_mapped(k, page, -1);
  munlock_vma_folio(k, page, vma);
}

function count_mapped(k: Kernel, page: PageRow, delta: number): void {
  const zone = k.pages.zone(page);
  (k.pages.isAnon(page) ? k.zones.anonPages : k.zones.mapped).add(zone, delta);
}

/** Which counter of the mm's RSS a page belongs to (mm_counter). */
export function mm_counter_add(k: Kernel, mm: MmRow, page: PageRow, delta: number): void {
  if (k.pages.isAnon(page)) k.mm.rssAnon.add(mm, delta);
  else if (k.pages.has(page, Pg.SwapBacked)) k.mm.rssShmem.add(mm, delta);
  else k.mm.rssFile.add(mm, delta);
}

/**
 * Every VMA a reverse-map walk of the folio (or of one page inside it) visits, in its order (rmap_walk), with the first of its addresses there; the
 * entries may map something else.
 */
export function rmap_walk(k: Kernel, page: PageRow): Mapping[] {
  const folio = k.pages.folio(page);
  const mapping = k.pages.mapping.get(folio);
  const first =
    k.pages.index.get(folio) + (page === folio ? 0 : k.pages.offset(page) - k.pages.offset(folio));
  const last = first + k.pages.count(page) - 1;
  let vmas: VmaRow[] = [];
  if (mapping & MAPPING_ANON) vmas = k.mm.vmasOfAnon((mapping >> 2) as AnonVmaRow);
  else if (mapping & MAPPING_FILE) vmas = vmas_of_file(k, (mapping >> 2) as FileRow);
  const found: Mapping[] = [];
  for (const vma of vmas) {
    const start = k.mm.start.get(vma);
    const offset = k.mm.pgoff.get(vma) - start;
    const vpn = Math.max(first - offset, start);
    if (last - offset >= start && vpn < k.mm.end.get(vma)) found.push({ vma, vpn: vpn as Vpn });
  }
  return found;
}

function vmas_of_file(k: Kernel, file: FileRow): VmaRow[] {
  const vmas: VmaRow[] = [];
  for (let vma = k.files.firstVma.get(file); vma !== 0; vma = k.mm.nextInFile.get(vma))
    vmas.push(vma as VmaRow);
  return vmas.sort((a, b) => k.mm.pgoff.get(a) - k.mm.pgoff.get(b));
}

/** Kinds of entry that map a page besides present ones, where the walk looks at such entries at all (map_pte). */
const mapsUnpresent = (k: Kernel, kind: number): boolean =>
  k.profile.rmapFindsDeviceEntries && (kind === Pte.DevicePrivate || kind === Pte.DeviceExclusive);

/** The entry at a place of the walk if it maps the page, else 0 (page_vma_mapped_walk without PVMW_MIGRATION). */
export function mapped_entry(k: Kernel, page: PageRow, at: Mapping): EntryRow {
  const entry = pte_offset(k, k.mm.mm.get(at.vma) as MmRow, at.vpn);
  const kind = kindOf(ptep_get(k, entry));
  const maps = kind === Pte.Present || mapsUnpresent(k, kind);
  return (maps && pte_page(k, entry) === page ? entry : 0) as EntryRow;
}

/** Kinds of entry that the walk takes for migration entries. */
const looksMigrating = (k: Kernel, kind: number): boolean =>
  kind === Pte.Migration || (kind === Pte.DeviceExclusive && k.profile.migrationRestoresExclusive);

/** The entry at a place of the walk that is taken for a migration entry of the page, or 0 (page_vma_mapped_walk with PVMW_MIGRATION). */
export function migration_entry(k: Kernel, page: PageRow, at: Mapping): EntryRow {
  const entry = pte_offset(k, k.mm.mm.get(at.vma) as MmRow, at.vpn);
  const found = looksMigrating(k, kindOf(ptep_get(k, entry))) && pte_page(k, entry) === page;
  return (found ? entry : 0) as EntryRow;
}
