/**
 * The test driver's device memory (lib/test_hmm.c). A device can't be simulated by the test driver's kernel, so each
 * device page in use has a page of system memory behind it that holds the contents: page->zone_device_data is that
 * backing page, and the backing page's own is the mirror that put the page there.
 */

import { zone_device_page_init } from '../../kernel/mm/memremap';
import { slot_place } from '../../kernel/mm/migrate_device/migrate_arrays';
import {
  alloc_huge_page,
  alloc_page,
  allocatesPage,
  free_page,
  HUGE_ORDER,
  HUGE_PAGES,
} from '../../kernel/mm/page_alloc/page_alloc';
import { type Rule, refuse } from '../../kernel/refusals';
import { MemoryType } from '../../machine/devices';
import { Hold } from '../../machine/holds';
import type { DeviceRow, MigrationRow, MirrorRow, PageRow, SlotRow } from '../../machine/ids';
import { Pg } from '../../machine/pages';
import type { Kernel } from '../../routine/kernel';
import { inlined, leaf } from '../../routine/leaf';
import { DeviceT, MigrateEntryT, PgmapT } from '../../routine/routine';
import { free_pages, memory_take, memory_take_folio } from '../device_memory';
import { failures } from './options';
import { memory, own } from './tables';

/**
 * BACKING_PAGE: where the contents of a device page are. Coherent memory holds its own. A folio has a folio of system memory
 * of its size behind it, which its first page leads to.
 */
export function backing_page(k: Kernel, page: PageRow): PageRow {
  const { pages } = k;
  if (k.devices.pgmapType.get(pages.pgmap(page)) !== MemoryType.Private) return page;
  const head = pages.folio(page);
  const backing = pages.link.get(head) as PageRow;
  return head === page ? backing : pages.nth(backing, pages.offset(page) - pages.offset(head));
}

/** The mirror that brought a device page in: the driver asks the backing page. */
export function mirror_of_page(k: Kernel, page: PageRow): MirrorRow {
  const backing = backing_page(k, page);
  const owner = backing === page ? k.pages.owner.get(page) : k.pages.link.get(k.pages.folio(backing));
  return owner as MirrorRow;
}

/** Pages of a chunk of the driver's memory (DEVMEM_CHUNK_SIZE). */
const CHUNK_PAGES = 65536;

/** The flag HMM_DMIRROR_FLAG_FAIL_ALLOC of HMM_DMIRROR_FLAGS. */
const FAIL_ALLOC = 1;

/** The next allocation for this mirror fails: its own flag says so, or the scenario. */
export const will_fail = (k: Kernel, mirror: MirrorRow, device: DeviceRow): boolean =>
  (own.of(k).flags.get(mirror) & FAIL_ALLOC) !== 0 || failures.isArmed(k, 'alloc', device);

/** An allocation for this mirror is to fail, this time: its own flag says so, or the scenario. */
export function takes_failure(k: Kernel, mirror: MirrorRow, device: DeviceRow): boolean {
  const { flags } = own.of(k);
  if ((flags.get(mirror) & FAIL_ALLOC) === 0) return failures.take(k, 'alloc', device) !== undefined;
  flags.set(mirror, flags.get(mirror) & ~FAIL_ALLOC);
  return true;
}

/**
 * dmirror_devmem_alloc_page for a huge page: a folio of 2 MiB with its backing folio, locked and referenced; 0 when either is
 * missing, which a coherent device's always is: its second chunk would lie where its first one does.
 */
export function devmem_alloc_folio(k: Kernel, m: MigrationRow): PageRow {
  const device = k.migrations.owner.get(m) as DeviceRow;
  const mirror = own.of(k).mirror.get(m) as MirrorRow;
  if (takes_failure(k, mirror, device) || k.devices.type.get(device) === MemoryType.Coherent)
    return 0 as PageRow;
  const backing = alloc_huge_page(k, false, Hold.Driver, device);
  if (backing === 0) return backing;
  const folio = memory_take_folio(k, memory, device, CHUNK_PAGES);
  if (folio === 0) {
    free_backing(k, backing, device);
    return folio;
  }
  memory.of(k).calloc.add(device, HUGE_PAGES);
  zone_device_page_init(k, folio, HUGE_ORDER);
  k.pages.link.set(folio, backing);
  k.pages.link.set(backing, mirror);
  return folio;
}

/** A folio of the device has become single pages: so does what backs it, page by page (dmirror_devmem_folio_split). */
export function split_backing(k: Kernel, folio: PageRow): void {
  const { pages } = k;
  const device = k.devices.pgmapDevice.get(pages.pgmap(folio));
  const backing = pages.link.get(folio) as PageRow;
  const mirror = pages.link.get(backing);
  pages.clearFlag(backing, Pg.Head);
  pages.order.set(backing, 0);
  for (let i = 0; i < HUGE_PAGES; i++) {
    const page = pages.nth(backing, i);
    pages.link.set(page, mirror);
    pages.link.set(pages.nth(folio, i), page);
    if (i === 0) continue;
    pages.clearFlag(page, Pg.Tail);
    k.holds.first(page, Hold.Driver, device);
  }
}

/**
 * dmirror_devmem_alloc_page: a device page with its backing page for one page of a migration, locked and referenced; 0
 * when either is missing.
 */
export function devmem_alloc_page(k: Kernel, m: MigrationRow, slot: SlotRow): PageRow {
  const { devices, pages } = k;
  const device = k.migrations.owner.get(m) as DeviceRow;
  const mirror = own.of(k).mirror.get(m) as MirrorRow;
  const none = (rule: Rule): PageRow => {
    const page = k.slots.srcPage.get(slot) as PageRow;
    refuse(k, rule, { at: slot_place(k, m, slot), page, found: device, wanted: devices.pages.get(device) });
    return 0 as PageRow;
  };
  if (takes_failure(k, mirror, device)) return none('fail_alloc');
  const coherent = devices.type.get(device) === MemoryType.Coherent;
  const backing = coherent ? (0 as PageRow) : alloc_page(k, Hold.Driver, device);
  if (!coherent && backing === 0) return none('system_full');
  const page = memory_take(k, memory, device);
  if (page === 0) {
    if (backing !== 0) free_backing(k, backing, device);
    return none('device_full');
  }
  memory.of(k).calloc.add(device, 1);
  zone_device_page_init(k, page);
  if (coherent) pages.owner.set(page, mirror);
  else {
    pages.link.set(page, backing);
    pages.link.set(backing, mirror);
  }
  return page;
}

const alloc_device_page = leaf({
  name: 'dmirror_devmem_alloc_page',
  file: 'lib/test_hmm.c',
  about: 'A device page with its backing page: none where a failure is armed or either memory is full.',
  params: { device: DeviceT, slot: MigrateEntryT },
  lines: [
    'rpage = alloc_page(GFP_HIGHUSER), the backing page of device-private memory',
    'dpage = mdevice->free_pages, or the highest page that was never used',
    'if (!dpage)',
    '    return NULL',
    'mdevice->calloc++',
    'zone_device_page_init(dpage)',
    'return dpage',
  ],
});

const init_page = leaf({
  name: 'zone_device_page_init',
  file: 'mm/memremap.c',
  about: 'A free device page is taken into use, locked and with one reference.',
  params: { pgmap: PgmapT },
  lines: ['percpu_ref_tryget_live(&pgmap->ref)', 'set_page_count(page, 1)', 'lock_page(page)'],
});
const init_folio = leaf({
  name: 'zone_device_folio_init',
  file: 'include/linux/memremap.h',
  about: 'A free device folio is taken into use, locked and with one reference.',
  isIn: (profile) => profile.initHelper === 'zone_device_folio_init',
  params: { pgmap: PgmapT },
  lines: ['zone_device_page_init(&folio->page, pgmap, order)'],
});

type Allocating = { migration: MigrationRow; slot: SlotRow };
const taken_from = (k: Kernel, { migration }: Allocating): { pgmap: number } | undefined => {
  const device = k.migrations.owner.get(migration) as DeviceRow;
  const mirror = own.of(k).mirror.get(migration) as MirrorRow;
  const none = will_fail(k, mirror, device) || free_pages(k, { memory }, device) === 0;
  return none ? undefined : { pgmap: k.devices.pgmap.get(device) };
};

/** What a step that takes a device page for `f.slot` runs. */
export const allocatesDevicePage = [
  inlined(alloc_device_page, (k: Kernel, { migration, slot }: Allocating) => ({
    device: k.migrations.owner.get(migration) as DeviceRow,
    slot,
  })),
  allocatesPage((k, { migration }: Allocating) => {
    const device = k.migrations.owner.get(migration) as DeviceRow;
    return k.devices.type.get(device) === MemoryType.Private && !failures.isArmed(k, 'alloc', device);
  }),
  inlined(init_folio, taken_from),
  inlined(init_page, taken_from),
];

export function free_backing(k: Kernel, backing: PageRow, device: DeviceRow): void {
  k.holds.drop(backing, Hold.Driver, device);
  free_page(k, backing);
}

/** The memory of a device is to be removed (the start of dmirror_device_remove_chunks). */
export function devmem_remove_free(k: Kernel, device: DeviceRow): void {
  memory.of(k).removing.set(device, 1);
  memory.of(k).freeHead.set(device, 0);
  memory.of(k).freeFolios.set(device, 0);
}
