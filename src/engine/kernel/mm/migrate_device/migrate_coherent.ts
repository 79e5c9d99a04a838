/** A long-term pin must not keep coherent device memory: the page moves to system memory first (mm/migrate_device.c, mm/gup.c). */

import { Hold } from '../../../machine/holds';
import type { MigrationRow, PageRow, SlotRow } from '../../../machine/ids';
import type { Kernel } from '../../../routine/kernel';
import { ErrnoT, HolderT, MigrateEntryT, MigrationT, PageT, routine } from '../../../routine/routine';
import { Errno, MigratePfn } from '../../constants';
import { lockPage, trylock_page } from '../mmap/mmap_lock';
import { alloc_page } from '../page_alloc/page_alloc';
import { migrates, migration_free } from './migrate_arrays';
import { migrate_vma_finalize, migrate_vma_pages } from './migrate_device';
import { migrate_device_unmap } from './migrate_unmap';

type M = { migration: MigrationRow };
const pass = (_: Kernel, f: M, callee: M): void => {
  callee.migration = f.migration;
};

/** A migration of one page by its frame, without an address space. It takes over the reference that `who` has. */
function begin(k: Kernel, page: PageRow, who: number): MigrationRow {
  const m = k.migrations.table.alloc() as MigrationRow;
  const slot = k.slots.table.alloc() as SlotRow;
  k.migrations.owner.set(m, k.devices.pgmapDevice.get(k.pages.pgmap(page)));
  k.migrations.task.set(m, k.task);
  k.migrations.head.set(m, slot);
  k.slots.srcPage.set(slot, page);
  k.slots.srcFlags.set(slot, MigratePfn.Valid | MigratePfn.Migrate);
  k.holds.rename(page, Hold.Gup, who, Hold.Collect, m);
  return m;
}

/** Returns 0 when the page has moved, -EBUSY when it could not. `who` has a reference, which is gone afterwards. */
export const migrate_device_coherent_folio = routine({
  name: 'migrate_device_coherent_folio',
  file: 'mm/migrate_device.c',
  about: 'Move one page of coherent device memory to system memory, wherever it is mapped.',
  params: { page: PageT, who: HolderT },
  locals: { migration: MigrationT, slot: MigrateEntryT, target: PageT, ret: ErrnoT },
  body: (r) => [
    lockPage(r, (_, f) => f.page),
    r.step('src_pfn = migrate_pfn(page) | MIGRATE', (k, f) => {
      f.migration = begin(k, f.page, f.who);
      f.slot = k.migrations.head.get(f.migration) as SlotRow;
    }),
    r.call('migrate_device_unmap(&src_pfn, 1)', migrate_device_unmap, pass),
    r.when('(!(src_pfn & MIGRATE_PFN_MIGRATE))', (k, f) => !migrates(k, f.slot), [
      r.ret('return -EBUSY', (k, f) => {
        migration_free(k, f.migration);
        return -Errno.EBUSY;
      }),
    ]),
    r.step('dpage = alloc_page(); lock_page(dpage)', (k, f) => {
      f.target = alloc_page(k);
      if (f.target === 0) return;
      trylock_page(k, f.target);
      k.slots.dstPage.set(f.slot, f.target);
      k.slots.dstFlags.set(f.slot, MigratePfn.Valid);
    }),
    r.call('migrate_device_pages(&src_pfn, &dst_pfn, 1)', migrate_vma_pages, pass),
    r.step('copy the contents if it moved', (k, f) => {
      const moved = migrates(k, f.slot);
      if (moved) k.contents.copy(f.page, f.target);
      f.ret = moved ? 0 : -Errno.EBUSY;
    }),
    r.call('migrate_device_finalize(&src_pfn, &dst_pfn, 1)', migrate_vma_finalize, pass),
    r.step('free the arrays', (k, f) => migration_free(k, f.migration)),
    r.ret('return 0, or -EBUSY', (_, f) => f.ret),
  ],
});
