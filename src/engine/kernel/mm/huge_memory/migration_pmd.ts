/** Huge pages in migration (mm/huge_memory.c): an entry of the PMD table becomes a migration entry for 2 MiB, and back. */

import { Hold } from '../../../machine/holds';
import type { EntryRow, MmRow, PageRow, VmaRow, Vpn } from '../../../machine/ids';
import { Pg } from '../../../machine/pages';
import {
  isPresent,
  kindOf,
  PTE_DIRTY,
  PTE_EXCLUSIVE,
  PTE_HUGE,
  PTE_SOFT_DIRTY,
  PTE_UFFD_WP,
  PTE_WRITE,
  PTE_YOUNG,
  Pte,
} from '../../../machine/pte';
import type { Kernel } from '../../../routine/kernel';
import { Errno } from '../../constants';
import { folio_try_share_anon_rmap, migration_pte } from '../migrate_device/migrate_collect';
import { HUGE_PAGES } from '../page_alloc/page_alloc';
import { pmd_offset, protnone, ptep_get, set_pte } from '../pgtable';
import { folio_add_rmap_pmd, folio_remove_rmap_pmd, type Mapping } from '../rmap/rmap';
import { get_page, is_device_private, put_page_held } from '../swap/page_ref';

const mmOf = (k: Kernel, vma: VmaRow): MmRow => k.mm.mm.get(vma) as MmRow;

/** The entry of the PMD table at a place of the reverse map, if it maps this folio as a whole; else 0. */
export function mapped_pmd(k: Kernel, folio: PageRow, at: Mapping): EntryRow {
  return huge_entry(k, folio, at, (kind) => kind === Pte.Present || kind === Pte.DevicePrivate);
}

/** The same for a migration entry that stands for this folio, or for the page inside it. */
export function migration_pmd(k: Kernel, page: PageRow, at: Mapping): EntryRow {
  return huge_entry(k, page, at, (kind) => kind === Pte.Migration);
}

function huge_entry(k: Kernel, folio: PageRow, at: Mapping, wanted: (kind: number) => boolean): EntryRow {
  const pmd = pmd_offset(k, mmOf(k, at.vma), at.vpn);
  const pte = ptep_get(k, pmd);
  const found = (pte & PTE_HUGE) !== 0 && wanted(kindOf(pte)) && k.tables.hi.get(pmd) === folio;
  return (found ? pmd : 0) as EntryRow;
}

function logPmd(
  k: Kernel,
  name: 'set_pmd_migration_entry' | 'remove_migration_pmd',
  vma: VmaRow,
  vpn: Vpn,
  folio: PageRow,
): void {
  const { pages } = k;
  const locked = pages.has(folio, Pg.Locked) ? 1 : 0;
  k.emit(
    name,
    k.mm.process.get(mmOf(k, vma)),
    vpn - (vpn % HUGE_PAGES),
    folio,
    pages.refcount.get(folio),
    pages.folioMapcount(folio),
    locked,
  );
}

/** Returns 0, or -EBUSY with nothing changed where the folio is exclusive and may be pinned (set_pmd_migration_entry). */
export function set_pmd_migration_entry(
  k: Kernel,
  folio: PageRow,
  vma: VmaRow,
  vpn: Vpn,
  pmd: EntryRow,
): number {
  const pte = ptep_get(k, pmd);
  logPmd(k, 'set_pmd_migration_entry', vma, vpn, folio);
  const exclusive = k.pages.has(folio, Pg.AnonExclusive);
  if (exclusive && !folio_try_share_anon_rmap(k, folio)) {
    k.leave('set_pmd_migration_entry', -Errno.EBUSY);
    return -Errno.EBUSY;
  }
  if (isPresent(pte) && pte & PTE_DIRTY) k.pages.setFlag(folio, Pg.Dirty);
  const write = (pte & PTE_WRITE) !== 0;
  set_pte(k, pmd, migration_pte(k, pte, write, exclusive) | PTE_HUGE, folio);
  folio_remove_rmap_pmd(k, folio, vma);
  put_page_held(k, folio, Hold.Pte, 0);
  k.leave('set_pmd_migration_entry', 0);
  return 0;
}

/** Puts an entry for the folio where the migration entry is: present, or device-private (remove_migration_pmd). */
export function remove_migration_pmd(k: Kernel, to: PageRow, at: Mapping, pmd: EntryRow): void {
  const old = ptep_get(k, pmd);
  logPmd(k, 'remove_migration_pmd', at.vma, at.vpn, to);
  get_page(k, to, Hold.Pte);
  folio_add_rmap_pmd(k, to);
  if ((old & (PTE_WRITE | PTE_EXCLUSIVE)) !== 0) k.pages.setFlag(to, Pg.AnonExclusive);
  const kept = PTE_HUGE | (old & (PTE_WRITE | PTE_SOFT_DIRTY | PTE_UFFD_WP));
  if (is_device_private(k, to)) {
    set_pte(k, pmd, Pte.DevicePrivate | kept, to);
    return;
  }
  const dirty = old & PTE_DIRTY && k.pages.has(to, Pg.Dirty) ? PTE_DIRTY : 0;
  set_pte(k, pmd, Pte.Present | protnone(k, at.vma) | kept | (old & PTE_YOUNG) | dirty, to);
}
