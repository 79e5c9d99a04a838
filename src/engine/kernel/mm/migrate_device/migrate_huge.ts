/** Large folios that the collect step of a migration splits (mm/migrate_device.c). */

import { Hold } from '../../../machine/holds';
import type { MigrationRow, MmRow, PageRow, SlotRow, VmaRow } from '../../../machine/ids';
import { isZeroPage } from '../../../machine/pte';
import type { Kernel } from '../../../routine/kernel';
import { ErrnoT, MigrationT, PageT, routine, VmaT, VpnT } from '../../../routine/routine';
import { Errno } from '../../constants';
import { placeIn, refuse } from '../../refusals';
import { split_huge_pmd } from '../huge_memory/huge_memory';
import { split_folio, splitAndUnlock } from '../huge_memory/split_huge_page';
import { lockPage, trylock_page, unlock_page } from '../mmap/mmap_lock';
import { HUGE_PAGES } from '../page_alloc/page_alloc';
import { pmd_offset, ptep_get } from '../pgtable';
import { get_page, getPage, put_page } from '../swap/page_ref';

/** The first element behind the 512 pages, or 0. */
export function behind_table(k: Kernel, from: SlotRow): SlotRow {
  const table = Math.floor(k.slots.vpn.get(from) / HUGE_PAGES);
  let slot: number = from;
  while (slot !== 0 && Math.floor(k.slots.vpn.get(slot) / HUGE_PAGES) === table)
    slot = k.slots.next.get(slot);
  return slot as SlotRow;
}

/** Passes over what is left of 512 pages: they stay where they are. Returns the first element behind them, or 0. */
export function skip_table(k: Kernel, from: SlotRow): SlotRow {
  const behind = behind_table(k, from);
  for (let slot: number = from; slot !== behind; slot = k.slots.next.get(slot)) {
    k.slots.srcFlags.set(slot, 0);
    k.slots.srcPage.set(slot, 0);
  }
  return behind;
}

const collected = (_: Kernel, f: { folio: PageRow; migration: MigrationRow }) => ({
  page: f.folio,
  hold: Hold.Collect,
  who: f.migration,
});

/** Until 6.18. Returns 0 when the 2 MiB are mapped by single pages now; -EBUSY or -EAGAIN when they can't be. */
export const collect_huge_pmd = routine({
  name: 'migrate_vma_collect_huge_pmd',
  file: 'mm/migrate_device.c',
  about: 'Devices take small pages only: split the huge page, or give these 2 MiB up.',
  params: { migration: MigrationT, vpn: VpnT },
  locals: { vma: VmaT, folio: PageT, ret: ErrnoT },
  body: (r) => [
    r.step('folio = pmd_folio(*pmdp)', (k, f) => {
      f.vma = k.migrations.vma.get(f.migration) as VmaRow;
      const pmd = pmd_offset(k, k.mm.mm.get(f.vma) as MmRow, f.vpn);
      f.folio = (isZeroPage(ptep_get(k, pmd)) ? 0 : k.tables.hi.get(pmd)) as PageRow;
    }),
    r.when('(is_huge_zero_pmd(*pmdp))', (_, f) => f.folio === 0, [
      r.call('split_huge_pmd(vma, pmdp, addr)', split_huge_pmd, (_, f, callee) => {
        callee.vma = f.vma;
        callee.vpn = f.vpn;
      }),
      r.yield('Y5'),
      r.ret('return 0'),
    ]),
    getPage(r, 'folio_get(folio)', collected),
    r.when(
      '(folio_trylock(folio))',
      (k, f) => trylock_page(k, f.folio),
      [...splitAndUnlock(r, 'ret')],
      [
        r.step('ret = -EBUSY', (_, f) => {
          f.ret = -Errno.EBUSY;
        }),
      ],
    ),
    r.call('folio_put(folio)', put_page, (_, f, callee) => {
      callee.page = f.folio;
      callee.hold = Hold.Collect;
      callee.who = f.migration;
    }),
    r.yield('Y5'),
    r.ret('return ret', (k, f) => {
      const at = placeIn(k, k.mm.mm.get(f.vma) as MmRow, f.vpn);
      if (f.ret !== 0) refuse(k, 'not_split', { at, page: f.folio, found: f.ret });
      return f.ret;
    }),
  ],
});

interface Splitting {
  readonly migration: MigrationRow;
  readonly folio: PageRow;
}

const is_fault_folio = (k: Kernel, f: Splitting): boolean => {
  const page = k.migrations.faultPage.get(f.migration) as PageRow;
  return page !== 0 && k.pages.folio(page) === f.folio;
};

const passSplit = (
  _: Kernel,
  f: Splitting,
  callee: Splitting & { folio: PageRow; migration: MigrationRow },
): void => {
  callee.folio = f.folio;
  callee.migration = f.migration;
};

/** Returns 0 when the folio is split, or the error (migrate_vma_split_folio, 6.19+). Its PTEs are not locked here. */
export const migrate_vma_split_folio = routine({
  name: 'migrate_vma_split_folio',
  file: 'mm/migrate_device.c',
  about: 'Pages of a large folio that are mapped one by one move one by one: wait for its lock and split it.',
  params: { migration: MigrationT, folio: PageT },
  locals: { ret: ErrnoT, kept: PageT },
  body: (r) => [
    r.when(
      '(folio == fault_folio): the fault has locked it, and holds it',
      is_fault_folio,
      [
        r.step("fault_folio: with the fault's reference", (k, f) => {
          k.holds.rename(f.folio, Hold.Fault, k.task, Hold.Collect, f.migration);
        }),
        r.call('ret = split_folio(folio)', split_folio, passSplit, (k, f, value) => {
          f.ret = value;
          k.holds.rename(f.folio, Hold.Collect, f.migration, Hold.Fault, k.task);
        }),
        r.when('(!ret)', (_, f) => f.ret === 0, [
          r.step("folio_get(), folio_lock(): the fault's own page, if that is another one", (k, f) => {
            f.kept = k.migrations.faultPage.get(f.migration) as PageRow;
            if (f.kept === f.folio) return;
            get_page(k, f.kept, Hold.Fault);
            trylock_page(k, f.kept);
            unlock_page(k, f.folio);
          }),
          r.when('(new_fault_folio != folio)', (_, f) => f.kept !== f.folio, [
            r.call('folio_put(folio)', put_page, (k, f, callee) => {
              callee.page = f.folio;
              callee.hold = Hold.Fault;
              callee.who = k.task;
            }),
          ]),
        ]),
      ],
      [
        getPage(r, 'folio_get(folio)', collected),
        lockPage(r, (_, f) => f.folio),
        ...splitAndUnlock(r, 'ret'),
        r.call('folio_put(folio)', put_page, (_, f, callee) => {
          callee.page = f.folio;
          callee.hold = Hold.Collect;
          callee.who = f.migration;
        }),
      ],
    ),
    r.ret('return ret', (_, f) => f.ret),
  ],
});
