/** A page as a person sees it: who holds it, where it is mapped, where it lies. */

import { pte_val, swap_type } from '../../engine/kernel/arch/x86/mm/pte_bits';
import { is_huge } from '../../engine/kernel/mm/huge_memory/huge_memory';
import { leaf_offset, pte_offset, pte_page, ptep_get, subpage } from '../../engine/kernel/mm/pgtable';
import { type Mapping, rmap_walk } from '../../engine/kernel/mm/rmap/rmap';
import { MemoryType, type MemoryTypeValue } from '../../engine/machine/devices';
import {
  type DeviceRow,
  type EntryRow,
  type MmRow,
  type PageRow,
  type ProcessRow,
  type VmaRow,
  type Vpn,
  vaOf,
} from '../../engine/machine/ids';
import { Pg } from '../../engine/machine/pages';
import {
  isZeroPage,
  KIND_NAMES,
  kindOf,
  PTE_DIRTY,
  PTE_WRITE,
  PTE_YOUNG,
  Pte,
} from '../../engine/machine/pte';
import type { Kernel } from '../../engine/routine/kernel';
import { showHex } from './format';
import { deviceName, type World } from './scene';

/** The device whose memory the page is, or 0. */
export function deviceOfPage(k: Kernel, page: PageRow): DeviceRow {
  const pgmap = k.pages.pgmap(page);
  return (pgmap === 0 ? 0 : k.devices.pgmapDevice.get(pgmap)) as DeviceRow;
}

const TYPE_NAMES: Record<MemoryTypeValue, string> = {
  [MemoryType.Host]: 'persistent',
  [MemoryType.Private]: 'private',
  [MemoryType.Coherent]: 'coherent',
};

/** `private`, `coherent`, `persistent`. */
export const showMemoryType = (type: number): string => TYPE_NAMES[type as MemoryTypeValue] ?? 'unknown';

/** `pfn 0x3fffff (gpu0, Device)` */
export function showPage(world: World, page: PageRow): string {
  const { kernel: k } = world;
  const device = deviceOfPage(k, page);
  const owner = device === 0 ? '' : `${deviceName(world, device)}, `;
  return `pfn ${showHex(k.pages.pfn(page))} (${owner}${k.zones.nameOf(k.pages.zone(page))})`;
}

/** A place that maps a page, or holds it with a special entry. */
export interface MappedAt extends Mapping {
  readonly entry: EntryRow;
  readonly process: ProcessRow;
}

/** The entry that maps the page's whole folio at a place, or 0. */
function huge_entry(k: Kernel, page: PageRow, at: Mapping): EntryRow {
  const entry = leaf_offset(k, k.mm.mm.get(at.vma) as MmRow, at.vpn);
  const maps = is_huge(ptep_get(k, entry)) && k.tables.hi.get(entry) === k.pages.folio(page);
  return (maps ? entry : 0) as EntryRow;
}

/** The entry of one page that names the page at a place, or 0: also where the kernel's own walk overlooks it (map_pte of 4.14). */
function entry_of(k: Kernel, page: PageRow, at: Mapping): EntryRow {
  const entry = pte_offset(k, k.mm.mm.get(at.vma) as MmRow, at.vpn);
  return (pte_page(k, entry) === page ? entry : 0) as EntryRow;
}

/** Mappings of a page, those of its whole folio included (folio_precise_page_mapcount). */
export function mapcountOf(k: Kernel, page: PageRow): number {
  return k.pages.mapcount.get(page) + k.pages.entireMapcount.get(k.pages.folio(page));
}

/** Every entry that names the page, in the order of the reverse map. */
export function mappingsOf(k: Kernel, page: PageRow): MappedAt[] {
  return rmap_walk(k, page).flatMap((at) => {
    const entry = entry_of(k, page, at) || huge_entry(k, page, at);
    const process = k.mm.process.get(k.mm.mm.get(at.vma)) as ProcessRow;
    return entry === 0 ? [] : [{ ...at, entry, process }];
  });
}

/** Whether the page is in use: handed out and not given back. */
export const inUse = (k: Kernel, page: PageRow): boolean => !k.pages.has(page, Pg.Free);

/** The page an entry names, also those that the kernel doesn't count mappings of: the zero page, persistent memory. */
export function pageOfEntry(k: Kernel, entry: EntryRow): PageRow {
  const pte = ptep_get(k, entry);
  if (isZeroPage(pte)) return k.zeroPage as PageRow;
  return kindOf(pte) === Pte.Present ? (k.tables.hi.get(entry) as PageRow) : pte_page(k, entry);
}

/** The page at an address of a process: mapped, or held by a special entry; 0 for none. */
export function pageAt(k: Kernel, mm: MmRow, vpn: Vpn): PageRow {
  if (mm === 0) return 0 as PageRow;
  const entry = leaf_offset(k, mm, vpn);
  if (entry === 0) return 0 as PageRow;
  if (is_huge(ptep_get(k, entry))) return subpage(k, entry, k.tables.hi.get(entry) as PageRow, vpn);
  return pageOfEntry(k, entry);
}

/** The entry for an address, or 0 where there is none or it is empty. */
export function entryAt(k: Kernel, mm: MmRow, vpn: Vpn): EntryRow {
  if (mm === 0) return 0 as EntryRow;
  const entry = leaf_offset(k, mm, vpn);
  return (ptep_get(k, entry) === 0 ? 0 : entry) as EntryRow;
}

/** The entry's 64 bits as the CPU would see them: `0x8000000100000067`. */
export function showPteBits(k: Kernel, entry: EntryRow): string {
  return `0x${pte_val(k, entry).toString(16).padStart(16, '0')}`;
}

/** The type code of a non-present entry; undefined for one that is present or empty. */
export function swapTypeOf(k: Kernel, entry: EntryRow): number | undefined {
  return swap_type(k.profile.swapTypes, ptep_get(k, entry));
}

/** `present write dirty young → pfn 0x100 (Normal)` */
export function showEntry(world: World, entry: EntryRow): string {
  const { kernel: k } = world;
  const pte = ptep_get(k, entry);
  const kind = kindOf(pte);
  if (kind === Pte.None) return 'none';
  if (isZeroPage(pte)) return is_huge(pte) ? 'huge zero page' : 'zero page';
  const bits = [
    [PTE_WRITE, 'write'],
    [PTE_DIRTY, 'dirty'],
    [PTE_YOUNG, 'young'],
  ] as const;
  const words = bits.filter(([bit]) => (pte & bit) !== 0).map(([, word]) => word);
  const page = pte_page(k, entry);
  const target = page === 0 ? '' : ` → ${showPage(world, page)}`;
  const size = is_huge(pte) ? ['huge'] : [];
  return `${[KIND_NAMES[kind], ...size, ...words].join(' ')}${target}`;
}

/** The scenario's words for an address of a process: `buf[3]`, or undefined where no buffer covers it. */
export function placeOf(world: World, process: ProcessRow, va: number): string | undefined {
  const { variables, names } = world;
  for (let variable = 0; variable < variables.count; variable++) {
    const cell = variables.cell(process, variable);
    const start = variables.content(cell);
    const pages = variables.pages(cell);
    if (va >= start && va < start + pages * 4096)
      return `${names.variables[variable]?.name ?? '?'}[${Math.floor((va - start) / 4096)}]`;
  }
  return undefined;
}

/** What [start, end) is called: `buf[0..16]`, `buf[3]`, or addresses where no one buffer covers it. */
export function nameOfSpan(world: World, process: ProcessRow, start: number, end: number): string {
  const first = /^(.*)\[(\d+)\]$/.exec(placeOf(world, process, vaOf(start as Vpn)) ?? '');
  const last = /^(.*)\[(\d+)\]$/.exec(placeOf(world, process, vaOf((end - 1) as Vpn)) ?? '');
  if (first === null || last === null || first[1] !== last[1]) {
    const from = vaOf(start as Vpn).toString(16);
    return end - start === 1 ? `0x${from}` : `${from}-${vaOf(end as Vpn).toString(16)}`;
  }
  return end - start === 1 ? first[0] : `${first[1]}[${first[2]}..${Number(last[2]) + 1}]`;
}

/** The VMA at an address of a process, or 0. */
export function vmaAt(k: Kernel, mm: MmRow, vpn: Vpn): VmaRow {
  return mm === 0 ? (0 as VmaRow) : k.mm.vmaAt(mm, vpn);
}
