/** The test driver's copy step for huge pages, from 6.19 on: to one of their size, or to 512 small ones where it has none. */

import { MigratePfn } from '../../kernel/constants';
import { nextSlot, srcPage, type WithSlot } from '../../kernel/mm/migrate_device/migrate_arrays';
import { trylock_page } from '../../kernel/mm/mmap/mmap_lock';
import { alloc_huge_page, alloc_movable_page, HUGE_PAGES } from '../../kernel/mm/page_alloc/page_alloc';
import type { DeviceRow, PageRow, SlotRow, Vpn } from '../../machine/ids';
import type { Kernel } from '../../routine/kernel';
import { Int, MigrateEntryT, MigrationT, PageT, routine } from '../../routine/routine';
import {
  allocatesDevicePage,
  backing_page,
  devmem_alloc_folio,
  devmem_alloc_page,
  takes_failure,
} from './memory';
import { keepsOwnEntries } from './options';
import { mirrorOf, mirrors } from './tables';

/** Copies page `n` of the source, or zeroes where there is none. */
function copy_page(k: Kernel, from: PageRow, n: number, to: PageRow): void {
  if (from === 0) k.contents.fill(to, 0);
  else k.contents.copy(backing_of(k, k.pages.nth(from, n)), to);
}

/** Where the bytes of a page are, whichever memory it is in. */
const backing_of = (k: Kernel, page: PageRow): PageRow =>
  k.pages.pgmap(page) === 0 ? page : backing_page(k, page);

function copy_folio(k: Kernel, from: PageRow, to: PageRow): void {
  for (let i = 0; i < HUGE_PAGES; i++) copy_page(k, from, i, backing_of(k, k.pages.nth(to, i)));
}

/** dst[i] as the driver fills it; it is writable where the source was. */
function fill_dst(k: Kernel, { slot }: WithSlot, flags: number): void {
  const write = k.slots.srcFlags.get(slot) & MigratePfn.Write;
  k.slots.dstFlags.set(slot, MigratePfn.Valid | write | flags);
}

const ownerOf = (k: Kernel, f: WithSlot): DeviceRow => k.migrations.owner.get(f.migration) as DeviceRow;

interface Singly extends WithSlot {
  at: SlotRow;
  page: PageRow;
  i: number;
}

function next_page(k: Kernel, f: Singly): void {
  f.at = nextSlot(k, f.at);
  f.i++;
}

const params = { migration: MigrationT, slot: MigrateEntryT } as const;
const locals = { at: MigrateEntryT, page: PageT, i: Int } as const;

export const copyFolioToDevice = routine({
  name: 'dmirror_migrate_alloc_and_copy',
  file: 'lib/test_hmm.c',
  about: 'Take 2 MiB of the device for a huge page, or 512 pages of it, and copy the contents.',
  params,
  locals,
  body: (r) => [
    r.inlines(
      allocatesDevicePage,
      r.step('dpage = dmirror_devmem_alloc_page(dmirror, is_large)', (k, f) => {
        f.page = devmem_alloc_folio(k, f.migration);
        f.at = f.slot;
      }),
    ),
    r.when('(dpage)', (_, f) => f.page !== 0, [
      r.yield('Y7'),
      r.step('copy the contents of all pages (zeroes for a hole); dst[i], COMPOUND', (k, f) => {
        copy_folio(k, srcPage(k, f.slot), f.page);
        k.slots.dstPage.set(f.slot, f.page);
        fill_dst(k, f, MigratePfn.Compound);
      }),
      r.ret('return'),
    ]),
    r.loop('(i < HPAGE_PMD_NR): small pages instead', (_, f) => f.i < HUGE_PAGES && f.at !== 0, [
      r.inlines(
        allocatesDevicePage,
        r.step('dpage = dmirror_devmem_alloc_page(dmirror, false)', (k, f) => {
          f.page = devmem_alloc_page(k, f.migration, f.at);
        }),
      ),
      r.when('(dpage)', (_, f) => f.page !== 0, [
        r.yield('Y7'),
        r.step('copy the contents (zeroes for a hole); dst[i + j]', (k, f) => {
          copy_page(k, srcPage(k, f.slot), f.i, backing_page(k, f.page));
          const write = k.slots.srcFlags.get(f.slot) & MigratePfn.Write;
          k.slots.dstPage.set(f.at, f.page);
          k.slots.dstFlags.set(f.at, MigratePfn.Valid | write);
        }),
      ]),
      r.step('i++', next_page),
    ]),
    r.ret('return'),
  ],
});

/** The device no longer maps what leaves it. */
function drop_entries(k: Kernel, f: WithSlot): void {
  const vpn = k.slots.vpn.get(f.slot) as Vpn;
  if (!keepsOwnEntries(k.profile)) mirrors.erase(k, mirrorOf(k, f), vpn, (vpn + HUGE_PAGES) as Vpn);
}

export const copyFolioToRam = routine({
  name: 'dmirror_devmem_fault_alloc_and_copy',
  file: 'lib/test_hmm.c',
  about:
    'Take a huge page of system memory for 2 MiB of the device, or 512 small ones, and copy the contents.',
  params,
  locals,
  body: (r) => [
    r.step('dpage = folio_page(vma_alloc_folio(order), 0); lock_page(dpage)', (k, f) => {
      const fails = takes_failure(k, mirrorOf(k, f), ownerOf(k, f));
      f.page = fails ? (0 as PageRow) : alloc_huge_page(k, true);
      f.at = f.slot;
      drop_entries(k, f);
    }),
    r.when('(dpage)', (_, f) => f.page !== 0, [
      r.yield('Y7'),
      r.step('copy the contents of all pages; dst[i], COMPOUND', (k, f) => {
        trylock_page(k, f.page);
        copy_folio(k, srcPage(k, f.slot), f.page);
        k.slots.dstPage.set(f.slot, f.page);
        fill_dst(k, f, MigratePfn.Compound);
      }),
      r.ret('return'),
    ]),
    r.loop('(i < HPAGE_PMD_NR): small pages instead', (_, f) => f.i < HUGE_PAGES && f.at !== 0, [
      r.step('dpage = alloc_page(); lock_page(dpage)', (k, f) => {
        f.page = alloc_movable_page(k);
        if (f.page !== 0) trylock_page(k, f.page);
      }),
      r.when('(dpage)', (_, f) => f.page !== 0, [
        r.yield('Y7'),
        r.step('copy the contents; dst[i + j]', (k, f) => {
          copy_page(k, srcPage(k, f.slot), f.i, f.page);
          k.slots.dstPage.set(f.at, f.page);
          k.slots.dstFlags.set(f.at, MigratePfn.Valid);
        }),
      ]),
      r.step('i++', next_page),
    ]),
    r.ret('return'),
  ],
});
