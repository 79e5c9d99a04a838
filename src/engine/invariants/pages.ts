/** Pages: counts, holders, and what a page's state allows (I4, I5, I6, I8, I9, I10, I12, I20, I21). */

import { was_handed_out } from '../drivers/device_memory';
import { is_device_private, is_driver_page } from '../kernel/mm/swap/page_ref';
import { HOLD_NAMES, Hold, type HoldKind, holdWeight } from '../machine/holds';
import type { DeviceRow, PageRow } from '../machine/ids';
import { Pg } from '../machine/pages';
import { bytesOf, forgetTakeover } from './page-contents';
import type { CheckState } from './state';
import { count, pageName } from './words';

/** References that nobody holds while no task is inside the kernel. */
const SHORT: ReadonlySet<HoldKind> = new Set([
  Hold.Alloc,
  Hold.Collect,
  Hold.Isolate,
  Hold.Fault,
  Hold.TlbGather,
  Hold.Walk,
  Hold.Reclaim,
  Hold.ToMove,
]);

/** Takes up rows of `holds` that were written to: their pages are looked at again. */
export function syncHolds(s: CheckState): void {
  const { hold: marks } = s.marks;
  const { holds } = s.kernel;
  for (let i = 1; i <= marks.count; i++) {
    const row = marks.at(i);
    const short = holds.table.isLive(row) && SHORT.has(holds.kind.get(row) as HoldKind) ? 1 : 0;
    s.pages.shortHolds += short - s.pages.short.get(row);
    s.pages.short.set(row, short);
    const page = s.pages.heldPage.get(row);
    if (page !== 0) s.marks.page.follow(page, marks.writer(i));
  }
}

/** Checks every page that was written to, or whose entries were. */
export function checkPages(s: CheckState): void {
  const { page: marks } = s.marks;
  for (let i = 1; i <= marks.count; i++) {
    const page = marks.at(i) as PageRow;
    s.at('page', page, marks.writer(i));
    if (s.kernel.pages.range(page) === 0) syncPage(s, page);
    else checkPage(s, page);
  }
}

function checkPage(s: CheckState, page: PageRow): void {
  const held = heldBy(s, page);
  syncPage(s, page);
  checkCounts(s, page, held);
  if (s.kernel.pages.pgmap(page) !== 0) checkDevicePage(s, page, held);
  if (s.entries.migrating.get(page) > 0) checkMigrating(s, page);
  checkSharing(s, page);
}

interface Held {
  readonly references: number;
  readonly rows: number;
  readonly exclusive: number;
  /** Bit by kind. */
  readonly kinds: number;
}

function heldBy(s: CheckState, page: PageRow): Held {
  const { holds, pages } = s.kernel;
  let references = 0;
  let rows = 0;
  let exclusive = 0;
  let kinds = 0;
  for (let row = pages.holds.get(page); row !== 0; row = holds.next.get(row)) {
    const kind = holds.kind.get(row) as HoldKind;
    s.pages.heldPage.set(row, page);
    references += holdWeight(kind, pages.order.get(page));
    rows++;
    kinds |= 1 << kind;
    if (kind === Hold.Exclusive) exclusive++;
  }
  return { references, rows, exclusive, kinds };
}

function countInUse(s: CheckState, pgmap: number, delta: number): void {
  if (pgmap === 0) return;
  s.pages.pagesInUse.add(pgmap, delta);
  s.marks.pgmap.follow(pgmap, s.writer);
}

/** Counts the page where it is in use. Going back to before anybody touched it, it has no struct page any more. */
function syncUse(s: CheckState, page: PageRow): void {
  const { kernel: k, pages: shadow } = s;
  const before = shadow.inUse.get(page);
  const now = k.pages.range(page) === 0 || k.pages.has(page, Pg.Free) ? 0 : k.pages.pgmap(page) + 1;
  if (now === before) return;
  if (now === 0 && s.continuous && is_driver_page(k, page)) checkFreed(s, page);
  shadow.inUse.set(page, now);
  if (now === 0) forgetTakeover(s, page);
  if (before !== 0) countInUse(s, before - 1, -1);
  if (now !== 0) countInUse(s, now - 1, 1);
}

/** Takes up the page's state, after noticing what has changed since the last check. */
function syncPage(s: CheckState, page: PageRow): void {
  const { kernel: k, pages: shadow } = s;
  syncUse(s, page);
  const locked = k.pages.has(page, Pg.Locked) ? 1 : 0;
  shadow.lockedPages += locked - shadow.locked.get(page);
  shadow.locked.set(page, locked);
  const memcg = k.pages.memcg.get(page);
  const charged = shadow.memcg.get(page);
  if (memcg !== charged) {
    shadow.charged.add(charged, -1);
    shadow.charged.add(memcg, 1);
    shadow.memcg.set(page, memcg);
    s.marks.memcg.follow(charged, s.writer);
    s.marks.memcg.follow(memcg, s.writer);
  }
  shadow.bytes.set(page, k.pages.range(page) === 0 ? 0 : bytesOf(s, page));
}

function checkFreed(s: CheckState, page: PageRow): void {
  const calls = s.freed.get(s.kernel.pages.folio(page)) ?? 0;
  if (calls === 0)
    s.happened(8, s.page(page), `${pageName(s.kernel, page)} became free without a call of page_free`);
}

const names = (kinds: number): string =>
  (Object.values(Hold) as HoldKind[])
    .filter((kind) => (kinds & (1 << kind)) !== 0)
    .map((kind) => HOLD_NAMES[kind])
    .join(', ') || 'nobody';

function checkCounts(s: CheckState, page: PageRow, held: Held): void {
  const { kernel: k, entries } = s;
  const mapcount = k.pages.mapcount.get(page);
  const mapped = entries.mapped.get(page);
  if (mapcount !== mapped)
    s.broken(
      4,
      s.page(page),
      `mapcount of ${pageName(k, page)} should be ${mapped}, its entries; it is ${mapcount}`,
    );
  if (k.pages.has(page, Pg.Head)) checkLarge(s, page);
  if (isRemoved(s, page)) return;
  const refcount = k.pages.refcount.get(page);
  const mappings = k.pages.has(page, Pg.Tail) ? 0 : k.pages.folioMapcount(page);
  const expected = baseOf(s, page) + mappings + held.references;
  if (refcount !== expected)
    s.broken(
      5,
      s.page(page),
      `refcount of ${pageName(k, page)} should be ${expected} (${count(mappings, 'mapping')}; held by ${names(held.kinds)}); it is ${refcount}`,
    );
  const exclusive = entries.exclusiveOfFolio.get(page);
  if (held.exclusive !== exclusive)
    s.broken(
      5,
      s.page(page),
      `${pageName(k, page)} has ${count(exclusive, 'device-exclusive entry', 'device-exclusive entries')} and ${count(held.exclusive, 'reference')} of such entries`,
    );
}

/** The counts of a folio of many pages: of entries that map it as a whole, and of all its mappings. */
function checkLarge(s: CheckState, folio: PageRow): void {
  const { kernel: k, entries } = s;
  const entire = k.pages.entireMapcount.get(folio);
  const large = k.pages.largeMapcount.get(folio);
  if (entire !== entries.entire.get(folio))
    s.broken(
      4,
      s.page(folio),
      `the folio of ${pageName(k, folio)} should be mapped as a whole ${entries.entire.get(folio)} times, its entries; it says ${entire}`,
    );
  if (large !== entries.large.get(folio))
    s.broken(
      4,
      s.page(folio),
      `the folio of ${pageName(k, folio)} should have ${entries.large.get(folio)} mappings, its entries; it says ${large}`,
    );
}

/** A free page of a device whose memory was taken away: it has no struct page any more that could count. */
function isRemoved(s: CheckState, page: PageRow): boolean {
  const { kernel: k } = s;
  if (!k.pages.has(page, Pg.Free) || !is_driver_page(k, page)) return false;
  return k.devices.pages.get(k.devices.pgmapDevice.get(k.pages.pgmap(page))) === 0;
}

/** Untouched device memory: the driver has never handed out these pages. */
function isUntouched(s: CheckState, page: PageRow): boolean {
  const { kernel: k } = s;
  const device = k.devices.pgmapDevice.get(k.pages.pgmap(page)) as DeviceRow;
  return !was_handed_out(k, s.memoryOf(device), device, k.pages.offset(page));
}

function baseOf(s: CheckState, page: PageRow): number {
  if (!is_driver_page(s.kernel, page)) return 0;
  if (s.kernel.pages.has(page, Pg.Free) && isNeverHandedOut(s, page)) return 0;
  return s.kernel.profile.freeDeviceRefcount;
}

const isNeverHandedOut = (s: CheckState, page: PageRow): boolean =>
  isUntouched(s, page) ||
  s.kernel.pages.offset(page) >=
    s.kernel.devices.pages.get(s.kernel.devices.pgmapDevice.get(s.kernel.pages.pgmap(page)));

function checkDevicePage(s: CheckState, page: PageRow, held: Held): void {
  const { kernel: k } = s;
  const broken = (number: number, wrong: string): void =>
    s.broken(number, s.page(page), `${pageName(k, page)} ${wrong}`);
  if (k.pages.has(page, Pg.Lru) || held.kinds & (1 << Hold.LruBatch))
    broken(9, `is device memory and on an LRU list or in a batch`);
  if (!is_driver_page(k, page)) return;
  if (
    is_device_private(k, page) &&
    (k.pages.pins.get(page) > 0 || held.kinds & ((1 << Hold.Pin) | (1 << Hold.Gup)))
  )
    broken(10, `is device-private and held by ${names(held.kinds & ((1 << Hold.Pin) | (1 << Hold.Gup)))}`);
  const device = k.devices.pgmapDevice.get(k.pages.pgmap(page)) as DeviceRow;
  if (s.entries.mapped.get(page) > 0 && k.devices.pages.get(device) === 0)
    broken(2, `is named by entries, and its memory was removed`);
  const depth = s.pages.depth.get(page);
  if (!k.pages.has(page, Pg.Free)) {
    if (depth !== 0) broken(6, `is in use and on its driver's free list`);
    return;
  }
  if (s.entries.mapped.get(page) > 0) broken(2, `is free, and entries name it`);
  if (isNeverHandedOut(s, page)) return;
  const removing = s.memoryOf(device).removing.get(device) !== 0;
  // The pages behind the first one of a free folio are on the list with it.
  const listed = depth !== 0 || k.pages.has(page, Pg.Tail);
  if (!listed && !removing) broken(6, `is free and not on its driver's free list`);
  const wrong = disorder(s, page, held);
  if (wrong !== undefined) broken(6, `is free and ${wrong}`);
}

/** What a free device page still has that it must not have. */
function disorder(s: CheckState, page: PageRow, held: Held): string | undefined {
  const { pages, profile } = s.kernel;
  const refcount = pages.refcount.get(page);
  if (refcount !== profile.freeDeviceRefcount)
    return `its refcount should be ${profile.freeDeviceRefcount}; it is ${refcount}`;
  if (pages.mapcount.get(page) !== 0) return `its mapcount is ${pages.mapcount.get(page)}`;
  if (pages.mapping.get(page) !== 0) return 'it still has a mapping';
  if (pages.memcg.get(page) !== 0) return 'it is still charged';
  if (pages.has(page, Pg.AnonExclusive)) return 'it is marked exclusive';
  if (pages.has(page, Pg.Locked)) return 'it is locked';
  return held.rows === 0 ? undefined : `it is held by ${names(held.kinds)}`;
}

/** Migrations in flight that hold the page. */
function migrationsOf(s: CheckState, page: PageRow): number {
  const { holds, pages, migrations } = s.kernel;
  const found = new Set<number>();
  for (let row = pages.holds.get(page); row !== 0; row = holds.next.get(row)) {
    const kind = holds.kind.get(row);
    const who = holds.who.get(row);
    if ((kind === Hold.Collect || kind === Hold.Isolate) && migrations.table.isLive(who)) found.add(who);
  }
  return found.size;
}

function checkMigrating(s: CheckState, page: PageRow): void {
  const { kernel: k } = s;
  const name = (): string => pageName(k, page);
  const folio = k.pages.folio(page);
  if (!k.pages.has(folio, Pg.Locked))
    s.broken(12, s.page(page), `migration entries stand for ${name()}, which is not locked`);
  if (k.pages.refcount.get(folio) < 1)
    s.broken(
      12,
      s.page(page),
      `migration entries stand for ${name()}, whose refcount is ${k.pages.refcount.get(folio)}`,
    );
  // A page that could not be locked at once is collected by several migrations before 5.16; one of them gets the lock.
  const owners = migrationsOf(s, folio);
  if (owners === 0 || (owners > 1 && k.profile.collectSkipsLocked))
    s.broken(
      12,
      s.page(page),
      `migration entries stand for ${name()}, which ${count(owners, 'migration')} should hold: exactly one must`,
    );
}

function checkSharing(s: CheckState, page: PageRow): void {
  const { kernel: k, entries } = s;
  if (!k.pages.isAnon(page)) return;
  const name = (): string => pageName(k, page);
  const exclusive = k.pages.has(page, Pg.AnonExclusive);
  const mapped = entries.mapped.get(page) + entries.entire.get(k.pages.folio(page));
  if (exclusive && mapped > 1)
    s.broken(20, s.page(page), `${name()} is exclusive and mapped ${mapped} times`);
  const writable = entries.writable.get(page);
  if (writable === 0) return;
  const migrating = entries.migrating.get(page);
  if (k.profile.anonExclusive && !exclusive && migrating === 0)
    s.broken(20, s.page(page), `${name()} is mapped writable and not exclusive`);
  const standing = mapped + migrating + entries.exclusive.get(page);
  if (standing > 1)
    s.broken(
      21,
      s.page(page),
      `${count(standing, 'entry', 'entries')} stand for ${name()}, and ${writable} of them may write`,
    );
}
