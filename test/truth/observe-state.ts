/** What the engine's machine looks like, in the rows of a record. Pure functions over the kernel. */

import { pages_in_use } from '../../src/engine/drivers/device_memory';
import { dmirror } from '../../src/engine/drivers/dmirror';
import { backing_page } from '../../src/engine/drivers/dmirror/memory';
import { memory, mirrors } from '../../src/engine/drivers/dmirror/tables';
import { Vm } from '../../src/engine/machine/address-spaces';
import { Access } from '../../src/engine/machine/devices';
import type {
  DeviceRow,
  EntryRow,
  MmRow,
  NodeRow,
  PageRow,
  ProcessRow,
  VmaRow,
  Vpn,
} from '../../src/engine/machine/ids';
import { TASK_SIZE_PAGES } from '../../src/engine/machine/ids';
import { Pg } from '../../src/engine/machine/pages';
import {
  isZeroPage,
  kindOf,
  PTE_DIRTY,
  PTE_HUGE,
  PTE_SOFT_DIRTY,
  PTE_WRITE,
  PTE_YOUNG,
  Pte,
} from '../../src/engine/machine/pte';
import { ENTRIES, LEVEL_PTE } from '../../src/engine/machine/radix';
import type { Kernel } from '../../src/engine/routine/kernel';
import { HUGE_WINDOW, runLength } from './huge-records';
import type { Layout, Place } from './places';
import type { BufferInfo, VmaEntry } from './record';

/** How the program calls the engine's rows. */
export interface Names {
  process(row: number): string;
  /** Number of a device, 0 or 1. */
  device(row: number): number;
}

/** A row of the engine; `page` is the engine's own page, which stands for the record's frame name. */
export interface ObservedRow {
  readonly vma: string | null;
  readonly pte: string;
  readonly w?: number;
  readonly dirty?: number;
  readonly young?: number;
  readonly softDirty?: number;
  readonly swpType?: number;
  readonly frame?: PageRow;
  readonly zone?: string;
  readonly dev?: number;
  readonly devIdx?: number;
  readonly refcount?: number;
  readonly mapcount?: number;
  readonly locked?: number;
  readonly lru?: number;
  readonly anon?: number;
  readonly anonExclusive?: number | null;
  readonly pgDirty?: number;
  readonly swapBacked?: number;
  readonly data?: number | string;
  readonly mid?: number | string;
  readonly last?: number | string;
  readonly order?: number;
  readonly entireMapcount?: number;
  readonly pageMapcount?: number;
}

export interface ObservedMirror extends Place {
  readonly p: string;
  readonly dev: number;
  readonly access: string;
  /** The page the device uses; where that is the backing page of a device page, the device page. */
  readonly frame: PageRow;
  /** It is the shared page of zeroes. */
  readonly zero: boolean;
}

export interface Observed {
  /** By `rowKey`; pages with neither VMA nor entry are not in it. */
  readonly rows: ReadonlyMap<string, ObservedRow>;
  readonly alive: readonly string[];
  readonly mirror: readonly ObservedMirror[];
  readonly vmas: readonly VmaEntry[];
  readonly devUsed: readonly number[];
}

/** Pages the recorder looked at behind the end of a buffer, and the most it looked at. */
const PAGES_BEHIND = 4;
const MOST_PAGES = 12;

export function rowKey(p: string, place: { buf: string; alt?: number; page: number }): string {
  return `${p} ${place.buf}${place.alt === 1 ? "'" : ''} ${place.page}`;
}

const bit = (value: boolean): number => (value ? 1 : 0);

function protection(k: Kernel, vma: VmaRow): string {
  const letter = (flag: number, name: string): string => (k.mm.has(vma, flag) ? name : '-');
  return `${letter(Vm.Read, 'r')}${letter(Vm.Write, 'w')}${k.mm.has(vma, Vm.Shared) ? 's' : 'p'}`;
}

/** Distance of a device page from the top of its chunk of its device's memory. */
export function deviceIndex(k: Kernel, page: PageRow): number {
  const offset = k.pages.offset(page);
  const folios = memory.of(k).folioEnd.get(deviceOf(k, page));
  const end = offset < folios ? folios : k.pages.rangePages.get(k.pages.range(page));
  return end - 1 - offset;
}

function deviceOf(k: Kernel, page: PageRow): number {
  return k.devices.pgmapDevice.get(k.pages.pgmap(page));
}

const pagesOf = (k: Kernel, folio: PageRow): PageRow[] =>
  Array.from({ length: k.pages.count(folio) }, (_, i) => k.pages.nth(folio, i));

/** `huge`: it is the first of the pages of an entry of the PMD table. */
function frameFields(
  k: Kernel,
  names: Names,
  page: PageRow,
  huge: boolean,
): Omit<ObservedRow, 'vma' | 'pte'> {
  const { pages, contents } = k;
  const anon = pages.isAnon(page);
  const onDevice = pages.pgmap(page) !== 0;
  const folio = pages.folio(page);
  const bytes = (at: PageRow, offset: number): number =>
    contents.read(onDevice ? backing_page(k, at) : at, offset);
  const read = (offset: number): number | string =>
    huge ? runLength(pagesOf(k, page).map((at) => bytes(at, offset))) : bytes(page, offset);
  return {
    frame: page,
    zone: onDevice ? 'Device' : 'RAM',
    ...(onDevice ? { dev: names.device(deviceOf(k, page)), devIdx: deviceIndex(k, page) } : {}),
    order: pages.order.get(folio),
    refcount: pages.refcount.get(folio),
    mapcount: pages.folioMapcount(folio),
    entireMapcount: pages.entireMapcount.get(folio),
    pageMapcount: pages.mapcount.get(page),
    locked: bit(pages.has(folio, Pg.Locked)),
    lru: bit(pages.has(folio, Pg.Lru)),
    anon: bit(anon),
    anonExclusive: anon ? bit(pages.has(page, Pg.AnonExclusive)) : null,
    pgDirty: bit(pages.has(folio, Pg.Dirty)),
    swapBacked: bit(pages.has(folio, Pg.SwapBacked)),
    data: read(0),
    mid: read(2048),
    last: read(4095),
  };
}

function entryFields(k: Kernel, names: Names, entry: EntryRow): Omit<ObservedRow, 'vma'> {
  const pte = k.tables.lo.get(entry);
  const page = k.tables.hi.get(entry) as PageRow;
  const huge = (pte & PTE_HUGE) !== 0;
  const kind = (name: string): string => (huge ? `pmd-${name}` : name);
  const w = bit((pte & PTE_WRITE) !== 0);
  const softDirty = bit((pte & PTE_SOFT_DIRTY) !== 0);
  const bits = { w, dirty: bit((pte & PTE_DIRTY) !== 0), young: bit((pte & PTE_YOUNG) !== 0), softDirty };
  const { swapTypes } = k.profile;
  switch (kindOf(pte)) {
    case Pte.None:
      return { pte: 'none' };
    case Pte.Present:
      return isZeroPage(pte)
        ? { pte: kind('zero'), ...bits }
        : { pte: kind('present'), ...bits, ...frameFields(k, names, page, huge) };
    case Pte.DevicePrivate: {
      const swpType = w === 1 ? swapTypes.deviceWrite : swapTypes.deviceRead;
      return { pte: kind('device-private'), w, softDirty, swpType, ...frameFields(k, names, page, huge) };
    }
    case Pte.DeviceExclusive: {
      const swpType =
        (w === 1 ? swapTypes.exclusiveWrite : (swapTypes.exclusiveRead ?? swapTypes.exclusiveWrite)) ?? -1;
      return { pte: 'device-exclusive', w, swpType, ...frameFields(k, names, page, false) };
    }
    case Pte.Migration:
      return { pte: kind('migration') };
    case Pte.Swap:
      return { pte: 'swap' };
    default:
      return { pte: 'other' };
  }
}

function observePage(k: Kernel, names: Names, mm: MmRow, vpn: Vpn): ObservedRow | undefined {
  const vma = k.mm.vmaAt(mm, vpn);
  const entry = k.tables.find(k.mm.pgd.get(mm) as NodeRow, vpn, LEVEL_PTE);
  if (vma === 0 && (entry === 0 || k.tables.lo.get(entry) === 0)) return undefined;
  const fields = entry === 0 ? { pte: 'none' } : entryFields(k, names, entry);
  return { vma: vma === 0 ? null : protection(k, vma), ...fields };
}

function* windowOf(buffers: Readonly<Record<string, BufferInfo>>): Iterable<Place> {
  for (const [buf, { npages }] of Object.entries(buffers))
    for (const alt of [0, 1] as const)
      for (let page = 0; page < Math.min(npages + PAGES_BEHIND, MOST_PAGES); page++) yield { buf, alt, page };
}

/** As the recorder of huge pages looked: entries that are not empty, an entry of the PMD table once. */
function* hugeRows(
  k: Kernel,
  names: Names,
  layout: Layout,
  mm: MmRow,
  buffers: Readonly<Record<string, BufferInfo>>,
): Iterable<[Place, ObservedRow]> {
  const pgd = k.mm.pgd.get(mm) as NodeRow;
  for (const buf of Object.keys(buffers))
    for (const alt of [0, 1] as const) {
      const start = layout.addressOf({ buf, alt, page: 0 }) / 4096;
      const end = (start + HUGE_WINDOW) as Vpn;
      for (let vpn = k.tables.next(pgd, start as Vpn, end); vpn >= 0; ) {
        const entry = k.tables.leaf(pgd, vpn);
        const vma = k.mm.vmaAt(mm, vpn);
        const row = { vma: vma === 0 ? null : protection(k, vma), ...entryFields(k, names, entry) };
        yield [layout.placeOf(vpn), row];
        vpn = k.tables.next(pgd, (vpn + (k.tables.lo.get(entry) & PTE_HUGE ? ENTRIES : 1)) as Vpn, end);
      }
    }
}

function vmasOf(k: Kernel, layout: Layout, p: string, mm: MmRow): VmaEntry[] {
  return [...k.mm.vmasOf(mm)].map((vma) => {
    const start = k.mm.start.get(vma);
    const { buf, alt, page } = layout.placeOf(start);
    const pages = k.mm.end.get(vma) - start;
    return [p, buf, alt, page, pages, protection(k, vma), bit(k.mm.anonVma.get(vma) !== 0)];
  });
}

const ACCESS_NAMES: Readonly<Record<number, string>> = {
  [Access.Read]: 'r',
  [Access.Write]: 'rw',
  [Access.Atomic]: 'exclusive',
};

/** Device pages that entries map, by their backing page. */
function backedPages(k: Kernel, rows: Iterable<ObservedRow>): Map<PageRow, PageRow> {
  const backed = new Map<PageRow, PageRow>();
  for (const { pte, frame, zone } of rows) {
    if (frame === undefined || zone !== 'Device') continue;
    const pages = pte.startsWith('pmd-') ? pagesOf(k, frame) : [frame];
    for (const page of pages) backed.set(backing_page(k, page), page);
  }
  return backed;
}

function* mirrorEntries(
  k: Kernel,
  names: Names,
  layout: Layout,
  backed: ReadonlyMap<PageRow, PageRow>,
  window: number,
): Iterable<ObservedMirror> {
  const { devices, tables } = k;
  for (const mirror of devices.mirrors.rows()) {
    const root = mirrors.tables.of(k).root.get(mirror) as NodeRow;
    const p = names.process(devices.mirrorProcess.get(mirror));
    const dev = names.device(devices.mirrorDevice.get(mirror));
    const end = TASK_SIZE_PAGES as Vpn;
    if (root === 0) continue;
    for (
      let vpn = tables.next(root, 0 as Vpn, end);
      vpn >= 0;
      vpn = tables.next(root, (vpn + 1) as Vpn, end)
    ) {
      const place = layout.placeOf(vpn);
      if (place.page >= window) continue;
      const entry = tables.find(root, vpn, LEVEL_PTE);
      const access = ACCESS_NAMES[tables.lo.get(entry)] ?? `${tables.lo.get(entry)}`;
      const page = tables.hi.get(entry) as PageRow;
      const frame = backed.get(page) ?? page;
      const zero = page === k.zeroPage || k.pages.folio(page) === k.hugeZeroPage;
      yield { p, dev, access, ...place, frame, zero };
    }
  }
}

/** Processes of the program that have not exited, in the order in which they began; without the supervisor. */
function liveProcesses(k: Kernel, names: Names, supervisor: string): [name: string, row: ProcessRow][] {
  return [...k.tasks.processes.rows()]
    .filter((row) => k.tasks.exited.get(row) === 0)
    .map((row): [string, ProcessRow] => [names.process(row), row as ProcessRow])
    .filter(([name]) => name !== supervisor);
}

/** The whole state a record tells. */
export function observe(
  k: Kernel,
  names: Names,
  layout: Layout,
  buffers: Readonly<Record<string, BufferInfo>>,
  supervisor: string,
  huge = false,
): Observed {
  const rows = new Map<string, ObservedRow>();
  const vmas: VmaEntry[] = [];
  const alive = liveProcesses(k, names, supervisor);
  for (const [p, process] of alive) {
    const mm = k.tasks.mm.get(process) as MmRow;
    vmas.push(...vmasOf(k, layout, p, mm));
    if (huge) {
      for (const [place, row] of hugeRows(k, names, layout, mm, buffers)) rows.set(rowKey(p, place), row);
      continue;
    }
    for (const place of windowOf(buffers)) {
      const row = observePage(k, names, mm, (layout.addressOf(place) / 4096) as Vpn);
      if (row !== undefined) rows.set(rowKey(p, place), row);
    }
  }
  const devUsed = [...k.devices.devices.rows()].map((device) =>
    pages_in_use(k, dmirror, device as DeviceRow),
  );
  return {
    rows,
    alive: alive.map(([name]) => name),
    mirror: [
      ...mirrorEntries(k, names, layout, backedPages(k, rows.values()), huge ? HUGE_WINDOW : MOST_PAGES),
    ],
    vmas,
    devUsed,
  };
}
