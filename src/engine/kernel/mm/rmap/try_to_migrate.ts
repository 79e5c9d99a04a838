/** Takes a page out of every page table that still maps it, leaving migration entries (try_to_migrate, mm/rmap.c). */

import { Hold } from '../../../machine/holds';
import type { EntryRow, PageRow, VmaRow, Vpn } from '../../../machine/ids';
import { Pg } from '../../../machine/pages';
import { kindOf, PTE_DIRTY, PTE_WRITE, Pte } from '../../../machine/pte';
import type { Kernel } from '../../../routine/kernel';
import { Bool, PageT, routine } from '../../../routine/routine';
import { Notify } from '../../constants';
import { split_huge_pmd, split_huge_pmd_locked } from '../huge_memory/huge_memory';
import { mapped_pmd, set_pmd_migration_entry } from '../huge_memory/migration_pmd';
import { folio_try_share_anon_rmap, migration_pte, sharesAnon } from '../migrate_device/migrate_collect';
import { mlock_drain_for } from '../mlock/mlock_folio';
import { ptep_get, set_pte } from '../pgtable';
import { put_page_held } from '../swap/page_ref';
import { is_misread, page_remove_rmap } from './bad_subpage';
import { folio_remove_rmap, mapped_entry } from './rmap';
import { takesEntry, unmapLocals, unmapWalk } from './rmap_unmap';

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
  folio_remove_rmap(k, page, vma);
  mlock_drain_for(k, vma);
  put_page_held(k, page, Hold.Pte, 0);
  k.emit('set_migration_pte', k.mm.process.get(k.mm.mm.get(vma)), vpn, page);
  return true;
}

/** An entry of the PMD table for the whole folio: split into migration entries, or made one. False where it may be pinned. */
function unmap_pmd(k: Kernel, folio: PageRow, vma: VmaRow, vpn: Vpn, split: boolean): boolean {
  const pmd = mapped_pmd(k, folio, { vma, vpn });
  if (pmd === 0) return true;
  if (!split) return set_pmd_migration_entry(k, folio, vma, vpn, pmd) === 0;
  split_huge_pmd_locked(k, vma, pmd, true, folio);
  return true;
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

const migratesEntry = takesEntry('try_to_migrate_one', 'One mapping of the page becomes a migration entry.', [
  'pteval = ptep_clear_flush(vma, address, pvmw.pte)',
  'if (anon_exclusive && folio_try_share_anon_rmap_pte(folio, subpage))',
  '    put it back, return false',
  'set_pte_at(mm, address, pvmw.pte, make_migration_entry(subpage))',
  'folio_remove_rmap_pte(folio, subpage, vma)',
  'folio_put(folio)',
]);

export const try_to_migrate = routine({
  name: 'try_to_migrate',
  file: 'mm/rmap.c',
  about: 'Walk the reverse map until nothing maps the page any more: each mapping becomes a migration entry.',
  aliases: [{ name: 'try_to_unmap', isIn: (profile) => !profile.splitMigrateApi }],
  params: { page: PageT, split: Bool },
  locals: unmapLocals,
  body: (r) => [
    ...unmapWalk(r, {
      notify: ['CLEAR, folio', Notify.CLEAR],
      first: [
        r.only(
          (profile) => !profile.collectsHuge,
          [
            r.when(
              '(flags & TTU_SPLIT_HUGE_PMD): the folio is to be split',
              (k, f) => k.pages.has(f.page, Pg.Head),
              [
                r.call(
                  'split_huge_pmd_address(vma, address, freeze, folio)',
                  split_huge_pmd,
                  (_, f, callee) => {
                    callee.vma = f.vma;
                    callee.vpn = f.vpn;
                    callee.freeze = 1;
                    callee.folio = f.page;
                  },
                ),
              ],
            ),
          ],
        ),
      ],
      before: [
        r.only(
          (profile) => profile.unmapMisreadsSubpage,
          [
            r.when('(!pte_present(*pvmw.pte))', (k, f) => is_misread(k, f.entry), [
              r.call(
                'page_remove_rmap(page - page_to_pfn(page) + pte_pfn(pte))',
                page_remove_rmap,
                (_, f, callee) => {
                  callee.page = f.page;
                  callee.entry = f.entry;
                },
              ),
            ]),
          ],
        ),
      ],
      large: (k, f) =>
        unmap_pmd(k, f.page, f.vma, f.vpn, f.split !== 0) && unmap_large(k, f.page, f.vma, f.vpn, f.end),
      one: [
        'clear and flush it; set a migration entry; drop the mapping and its reference',
        (k, f) => unmap_entry(k, f.page, f.vma, f.vpn, f.entry),
        [migratesEntry, sharesAnon((_, f) => f.page)],
      ],
    }),
  ],
});
