/** Takes a page out of every page table that still maps it, leaving migration entries (try_to_migrate, mm/rmap.c). */

import { Hold } from '../machine/holds';
import type { EntryRow, MmRow, PageRow, VmaRow, Vpn } from '../machine/ids';
import { Pg } from '../machine/pages';
import { kindOf, PTE_DIRTY, PTE_WRITE, Pte } from '../machine/pte';
import { Notify } from './constants';
import { split_huge_pmd } from './huge_memory';
import type { Kernel } from './kernel';
import { folio_try_share_anon_rmap, migration_pte } from './migrate_collect';
import { mmu_notifier_invalidate_range_end, mmu_notifier_invalidate_range_start } from './mmu_notifier';
import { pteLock, pteUnlock } from './page_table_lock';
import { ptep_get, set_pte } from './pgtable';
import { folio_remove_rmap, mapped_entry, rmap_walk } from './rmap';
import { rmapWalk } from './rmap_lock';
import { Bool, EntryT, Int, MmT, PageT, routine, VmaT, VpnT } from './routine';

/** One mapping of the page becomes a migration entry; false (nothing changed) when the page may be pinned. */
function unmap_entry(k: Kernel, page: PageRow, vma: VmaRow, vpn: Vpn, entry: EntryRow): boolean {
  const pte = ptep_get(k, entry);
  const exclusive = k.pages.isAnon(page) && k.pages.has(page, Pg.AnonExclusive);
  if (exclusive && !folio_try_share_anon_rmap(k, page)) return false;
  const device = kindOf(pte) === Pte.DevicePrivate;
  const folio = k.pages.folio(page);
  if (device ? k.profile.unmapMisreadsDirty : (pte & PTE_DIRTY) !== 0) k.pages.setFlag(folio, Pg.Dirty);
  const write = (pte & PTE_WRITE) !== 0 && (!device || k.profile.unmapKeepsDeviceWrite);
  set_pte(k, entry, migration_pte(k, pte, write, exclusive), page);
  folio_remove_rmap(k, page);
  k.pages.refcount.add(folio, -1);
  if (k.pages.pgmap(page) !== 0) k.emit('refcount', page, -1, k.pages.refcount.get(page), Hold.Pte, 0);
  k.emit('set_migration_pte', k.mm.process.get(k.mm.mm.get(vma)), vpn, page);
  return true;
}

/** First address behind the folio's place in a VMA (vma_address_end). */
function end_in_vma(k: Kernel, folio: PageRow, vma: VmaRow): Vpn {
  const { mm, pages } = k;
  const last = pages.index.get(folio) + pages.count(folio) - (mm.pgoff.get(vma) - mm.start.get(vma));
  return Math.min(last, mm.end.get(vma)) as Vpn;
}

/** Entries of PTE tables for pages of a large folio in [vpn, end); false when one could not be unmapped. */
function unmap_large(k: Kernel, folio: PageRow, vma: VmaRow, start: Vpn, end: Vpn): boolean {
  for (let vpn = start; vpn < end; vpn = (vpn + 1) as Vpn) {
    const n = k.mm.linearIndex(vma, vpn) - k.pages.index.get(folio);
    const page = k.pages.nth(folio, n);
    const entry = mapped_entry(k, page, { vma, vpn });
    if (entry !== 0 && !unmap_entry(k, page, vma, vpn, entry)) return false;
  }
  return true;
}

export const try_to_migrate = routine({
  name: 'try_to_migrate',
  file: 'mm/rmap.c',
  about: 'Walk the reverse map until nothing maps the page any more: each mapping becomes a migration entry.',
  aliases: ['try_to_unmap'],
  params: { page: PageT },
  locals: { at: Int, vma: VmaT, mm: MmT, vpn: VpnT, end: VpnT, entry: EntryT, failed: Bool },
  body: (r) => [
    ...rmapWalk(r, (f) => f.page, [
      r.loop(
        'the page is mapped and the reverse map has another VMA',
        (k, f) => f.failed === 0 && k.pages.folioMapcount(f.page) > 0 && f.at < rmap_walk(k, f.page).length,
        [
          r.yield('Y6'),
          r.step('the next VMA', (k, f) => {
            const place = rmap_walk(k, f.page)[f.at];
            f.at++;
            if (!place) return;
            f.vma = place.vma;
            f.mm = k.mm.mm.get(place.vma) as MmRow;
            f.vpn = place.vpn;
            f.end = end_in_vma(k, f.page, f.vma);
          }),
          r.when('TTU_SPLIT_HUGE_PMD: the folio is to be split', (k, f) => k.pages.has(f.page, Pg.Head), [
            r.call('split_huge_pmd_address(vma, address, freeze, folio)', split_huge_pmd, (_, f, callee) => {
              callee.vma = f.vma;
              callee.vpn = f.vpn;
              callee.freeze = 1;
              callee.folio = f.page;
            }),
          ]),
          r.call(
            'mmu_notifier_invalidate_range_start(CLEAR, folio)',
            mmu_notifier_invalidate_range_start,
            (_, f, callee) => {
              callee.mm = f.mm;
              callee.start = f.vpn;
              callee.end = f.end;
              callee.event = Notify.CLEAR;
            },
          ),
          r.step('page_vma_mapped_walk: the entry that maps the page here, if any', (k, f) => {
            if (!k.pages.has(f.page, Pg.Head)) f.entry = mapped_entry(k, f.page, f);
            else if (!unmap_large(k, f.page, f.vma, f.vpn, f.end)) f.failed = 1;
          }),
          r.when('there is one', (_, f) => f.entry !== 0, [
            pteLock(r),
            r.step(
              'clear and flush it; set a migration entry; drop the mapping and its reference',
              (k, f) => {
                if (!unmap_entry(k, f.page, f.vma, f.vpn, f.entry)) f.failed = 1;
              },
            ),
            pteUnlock(r),
          ]),
          r.call(
            'mmu_notifier_invalidate_range_end(range)',
            mmu_notifier_invalidate_range_end,
            (_, f, callee) => {
              callee.mm = f.mm;
              callee.start = f.vpn;
              callee.end = f.end;
              callee.event = Notify.CLEAR;
            },
          ),
        ],
      ),
    ]),
  ],
});
