/** What the engine's machine looks like, in the rows of a record. Pure functions over the kernel. */

import { pages_in_use } from '../../src/engine/drivers/device_memory';
import { dmirror } from '../../src/engine/drivers/dmirror';
import { backing_page } from '../../src/engine/drivers/dmirror/memory';
import { mirrors } from '../../src/engine/drivers/dmirror/tables';
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
  PTE_SOFT_DIRTY,
  PTE_WRITE,
  PTE_YOUNG,
  Pte,
} from '../../src/engine/machine/pte';
import { LEVEL_PTE } from '../../src/engine/machine/radix';
import type { Kernel } from '../../src/engine/routine/kernel';
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
  readonly data?: number;
  readonly mid?: number;
  readonly last?: number;
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

/** Distance of a device page from the top of its device's memory. */
export function deviceIndex(k: Kernel, page: PageRow): number {
  return k.pages.rangePages.get(k.pages.range(page)) - 1 - k.pages.offset(page);
}

function deviceOf(k: Kernel, page: PageRow): number {
  return k.devices.pgmapDevice.get(k.pages.pgmap(page));
}

function frameFields(k: Kernel, names: Names, page: PageRow): Omit<ObservedRow, 'vma' | 'pte'> {
  const { pages, contents } = k;
  const anon = pages.isAnon(page);
  const onDevice = pages.pgmap(page) !== 0;
  const backing = onDevice ? backing_page(k, page) : page;
  return {
    frame: page,
    zone: onDevice ? 'Device' : 'RAM',
    ...(onDevice ? { dev: names.device(deviceOf(k, page)), devIdx: deviceIndex(k, page) } : {}),
    refcount: pages.refcount.get(page),
    mapcount: pages.mapcount.get(page),
    locked: bit(pages.has(page, Pg.Locked)),
    lru: bit(pages.has(page, Pg.Lru)),
    anon: bit(anon),
    anonExclusive: anon ? bit(pages.has(page, Pg.AnonExclusive)) : null,
    pgDirty: bit(pages.has(page, Pg.Dirty)),
    swapBacked: bit(pages.has(page, Pg.SwapBacked)),
    data: contents.read(backing, 0),
    mid: contents.read(backing, 2048),
    last: contents.read(backing, 4095),
  };
}

function entryFields(k: Kernel, names: Names, entry: EntryRow): Omit<ObservedRow, 'vma'> {
  const pte = k.tables.lo.get(entry);
  const page = k.tables.hi.get(entry) as PageRow;
  const w = bit((pte & PTE_WRITE) !== 0);
  const softDirty = bit((pte & PTE_SOFT_DIRTY) !== 0);
  const bits = { w, dirty: bit((pte & PTE_DIRTY) !== 0), young: bit((pte & PTE_YOUNG) !== 0), softDirty };
  const { swapTypes } = k.profile;
  switch (kindOf(pte)) {
    case Pte.None:
      return { pte: 'none' };
    case Pte.Present:
      return isZeroPage(pte)
        ? { pte: 'zero', ...bits }
        : { pte: 'present', ...bits, ...frameFields(k, names, page) };
    case Pte.DevicePrivate: {
      const swpType = w === 1 ? swapTypes.deviceWrite : swapTypes.deviceRead;
      return { pte: 'device-private', w, softDirty, swpType, ...frameFields(k, names, page) };
    }
    case Pte.DeviceExclusive: {
      const swpType =
        (w === 1 ? swapTypes.exclusiveWrite : (swapTypes.exclusiveRead ?? swapTypes.exclusiveWrite)) ?? -1;
      return { pte: 'device-exclusive', w, swpType, ...frameFields(k, names, page) };
    }
    case Pte.Migration:
      return { pte: 'migration' };
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
  for (const { frame, zone } of rows)
    if (frame !== undefined && zone === 'Device') backed.set(backing_page(k, frame), frame);
  return backed;
}

function* mirrorEntries(
  k: Kernel,
  names: Names,
  layout: Layout,
  backed: ReadonlyMap<PageRow, PageRow>,
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
      if (place.page >= MOST_PAGES) continue;
      const entry = tables.find(root, vpn, LEVEL_PTE);
      const access = ACCESS_NAMES[tables.lo.get(entry)] ?? `${tables.lo.get(entry)}`;
      const page = tables.hi.get(entry) as PageRow;
      const frame = backed.get(page) ?? page;
      yield { p, dev, access, ...place, frame, zero: page === k.zeroPage };
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
): Observed {
  const rows = new Map<string, ObservedRow>();
  const vmas: VmaEntry[] = [];
  const alive = liveProcesses(k, names, supervisor);
  for (const [p, process] of alive) {
    const mm = k.tasks.mm.get(process) as MmRow;
    vmas.push(...vmasOf(k, layout, p, mm));
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
    mirror: [...mirrorEntries(k, names, layout, backedPages(k, rows.values()))],
    vmas,
    devUsed,
  };
}
