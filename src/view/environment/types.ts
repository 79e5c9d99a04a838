/** Pages, their entries and mappings, and buffers: the things that expressions speak of most, with their members. */

import { pte_page, ptep_get } from '../../engine/kernel/mm/pgtable';
import {
  type EntryRow,
  type PageRow,
  type ProcessRow,
  type VmaRow,
  type Vpn,
  vaOf,
  vpnOf,
} from '../../engine/machine/ids';
import { PG_NAMES, Pg } from '../../engine/machine/pages';
import {
  isZeroPage,
  KIND_NAMES,
  kindOf,
  PTE_DIRTY,
  PTE_HUGE,
  PTE_WRITE,
  PTE_YOUNG,
} from '../../engine/machine/pte';
import { EvaluationError } from '../../language/arithmetic';
import { PAGE_FLAG_NAMES } from '../../language/things';
import type { Value } from '../../language/values';
import { showAddress, showProtection } from './format';
import { holdersOf } from './holders';
import {
  deviceOfPage,
  entryAt,
  mapcountOf,
  mappingsOf,
  pageAt,
  placeOf,
  showEntry,
  showMemoryType,
  showPage,
  showPteBits,
  swapTypeOf,
  vmaAt,
} from './pages';
import { mmOfPlace, place, placeProcess, placeVpn } from './place';
import { look, type Scene } from './scene';
import { forEach, orNone, type SceneType, thing } from './type-parts';

// ------------------------------------------------------------------------------------------------ pages

/** Counts and most flags of a page in a large folio are the folio's; these are its own. */
const OF_PAGE = Pg.AnonExclusive | Pg.Head | Pg.Tail;
const folioOf = (s: Scene, page: number): PageRow => s.world.kernel.pages.folio(page as PageRow);

/** The same list, counted as looked at. */
export function seen<T>(s: Scene, page: Value, list: readonly T[]): readonly T[] {
  look(s, list.length, () => `${showPage(s.world, page as PageRow)} has more holders than this can look at`);
  return list;
}

const PAGE_BITS: ReadonlyMap<string, number> = new Map(PG_NAMES);

function hasFlag(name: string): (page: number, s: Scene) => boolean {
  const bit = PAGE_BITS.get(name) ?? 0;
  const own = (bit & OF_PAGE) !== 0;
  return (page, s) => s.world.kernel.pages.has(own ? (page as PageRow) : folioOf(s, page), bit);
}

export const PAGE: SceneType = thing('page', {
  members: {
    pfn: (page, s) => s.world.kernel.pages.pfn(page as PageRow),
    refcount: (page, s) => s.world.kernel.pages.refcount.get(folioOf(s, page)),
    mapcount: (page, s) => mapcountOf(s.world.kernel, page as PageRow),
    flags: (page, s) => s.world.kernel.pages.flags.get(page),
    ...forEach(PAGE_FLAG_NAMES, hasFlag),
    zone: (page, s) => s.world.kernel.zones.type.get(s.world.kernel.pages.zone(page as PageRow)),
    node: (page, s) => s.world.kernel.zones.node.get(s.world.kernel.pages.zone(page as PageRow)),
    device: (page, s) => orNone(deviceOfPage(s.world.kernel, page as PageRow)),
    type: (page, s) => {
      const pgmap = s.world.kernel.pages.pgmap(page as PageRow);
      return pgmap === 0 ? 'system' : showMemoryType(s.world.kernel.devices.pgmapType.get(pgmap));
    },
    value: (page, s) => s.world.kernel.contents.read(page as PageRow, 0),
    anon: (page, s) => s.world.kernel.pages.isAnon(page as PageRow),
    index: (page, s) => s.world.kernel.pages.index.get(page),
    pins: (page, s) => s.world.kernel.pages.pins.get(folioOf(s, page)),
    order: (page, s) => s.world.kernel.pages.order.get(folioOf(s, page)),
    zero: (page, s) => page === s.world.kernel.zeroPage,
    lock_owner: (page, s) => orNone(s.world.kernel.pages.lockOwner.get(folioOf(s, page))),
    holders: (page, s) =>
      seen(s, page, holdersOf(s.world, page as PageRow)).map(({ name, count }) => `${count} ${name}`),
    mappings: (page, s) =>
      seen(s, page, mappingsOf(s.world.kernel, page as PageRow)).map(({ vpn }) => vaOf(vpn)),
  },
  show: (page, s) => showPage(s.world, page as PageRow),
});

const pteAt = (entry: number, s: Scene): number => ptep_get(s.world.kernel, entry as EntryRow);

export const PTE: SceneType = thing('pte', {
  members: {
    kind: (entry, s) => KIND_NAMES[kindOf(pteAt(entry, s))],
    page: (entry, s) => orNone(pte_page(s.world.kernel, entry as EntryRow)),
    present: (entry, s) => KIND_NAMES[kindOf(pteAt(entry, s))] === 'present',
    write: (entry, s) => (pteAt(entry, s) & PTE_WRITE) !== 0,
    dirty: (entry, s) => (pteAt(entry, s) & PTE_DIRTY) !== 0,
    young: (entry, s) => (pteAt(entry, s) & PTE_YOUNG) !== 0,
    zero: (entry, s) => isZeroPage(pteAt(entry, s)),
    huge: (entry, s) => (pteAt(entry, s) & PTE_HUGE) !== 0,
    bits: (entry, s) => showPteBits(s.world.kernel, entry as EntryRow),
    swap_type: (entry, s) => swapTypeOf(s.world.kernel, entry as EntryRow),
  },
  show: (entry, s) => showEntry(s.world, entry as EntryRow),
});

export const VMA: SceneType = thing('vma', {
  members: {
    start: (vma, s) => vaOf(s.world.kernel.mm.start.get(vma) as Vpn),
    end: (vma, s) => vaOf(s.world.kernel.mm.end.get(vma) as Vpn),
    pages: (vma, s) => s.world.kernel.mm.end.get(vma) - s.world.kernel.mm.start.get(vma),
    flags: (vma, s) => s.world.kernel.mm.flags.get(vma),
    anon: (vma, s) => s.world.kernel.mm.isAnonymous(vma as VmaRow),
    process: (vma, s) => orNone(s.world.kernel.mm.process.get(s.world.kernel.mm.mm.get(vma))),
    smaps: (vma) => vma,
  },
  show: (vma, s) => showVma(s, vma as VmaRow),
  contains: (vma, va, s) => {
    const { mm } = s.world.kernel;
    return va >= vaOf(mm.start.get(vma as number) as Vpn) && va < vaOf(mm.end.get(vma as number) as Vpn);
  },
});

function showVma({ world: { kernel } }: Scene, vma: VmaRow): string {
  const { mm } = kernel;
  const from = vaOf(mm.start.get(vma) as Vpn).toString(16);
  return `${from}-${vaOf(mm.end.get(vma) as Vpn).toString(16)} ${showProtection(mm.flags.get(vma))}`;
}

// ------------------------------------------------------------------------------------------------ buffers

const atPlace = {
  page: (at: number, s: Scene) => orNone(pageAt(s.world.kernel, mmOfPlace(at, s), placeVpn(at))),
  pte: (at: number, s: Scene) => orNone(entryAt(s.world.kernel, mmOfPlace(at, s), placeVpn(at))),
  vma: (at: number, s: Scene) => orNone(vmaAt(s.world.kernel, mmOfPlace(at, s), placeVpn(at))),
  pagemap: (at: number) => at,
  address: (at: number) => vaOf(placeVpn(at)),
};

/** `buf[3]` */
const PLACE: SceneType = thing('place', {
  members: atPlace,
  toNumber: (at) => vaOf(placeVpn(at)),
  contains: (at, va) => vpnOf(va) === placeVpn(at),
  show: (at, s) => {
    const va = vaOf(placeVpn(at));
    const entry = entryAt(s.world.kernel, mmOfPlace(at, s), placeVpn(at));
    const name = placeOf(s.world, placeProcess(at), va) ?? showAddress(va);
    return `${name} ${showAddress(va)}: ${entry === 0 ? 'nothing mapped' : showEntry(s.world, entry)}`;
  },
});

/** Process and address of a place, for functions that take one. */
export const placeAt = (handle: Value): { process: ProcessRow; va: number } => ({
  process: placeProcess(handle),
  va: vaOf(placeVpn(handle)),
});

interface Places {
  readonly [key: string]: number;
  readonly process: number;
  readonly first: number;
  readonly end: number;
}

const lengthOf = ({ first, end }: Places): number => Math.max(0, end - first);

/** The pages of a range; throws EvaluationError where they are too many. */
function eachPlace(range: Places, s: Scene): number[] {
  const length = lengthOf(range);
  look(s, length, () => `this range has ${length.toLocaleString('en')} pages`);
  return Array.from({ length }, (_, i) => place(range.process, range.first + i));
}

/** Pages of a range that are shown one by one. */
const MOST_SHOWN = 16;

/** A member of every page of a range, as a list. */
function ofEach(get: (at: number, s: Scene) => Value) {
  return (range: Value, s: Scene): Value => eachPlace(range as unknown as Places, s).map((at) => get(at, s));
}

/** `buf[0..4]` */
thing('range', {
  members: {
    page: ofEach(atPlace.page),
    pte: ofEach(atPlace.pte),
    vma: ofEach(atPlace.vma),
    pagemap: ofEach(atPlace.pagemap),
    address: ofEach(atPlace.address),
  },
  contains: (range, va) => {
    const { first, end } = range as unknown as Places;
    return va >= first * 4096 && va < end * 4096;
  },
  index: (range, i) => {
    const { process, first, end } = range as unknown as Places;
    return i >= 0 && first + i < end ? place(process, first + i) : undefined;
  },
  show: (range, s) => {
    const { process, first, end } = range as unknown as Places;
    const shown = eachPlace({ process, first, end: Math.min(end, first + MOST_SHOWN) }, s);
    const lines = shown.map((at) => PLACE.show?.(at, s) ?? '');
    const more = end - first - shown.length;
    if (more > 0) lines.push(`… ${more.toLocaleString('en')} more pages`);
    return lines.join('\n');
  },
});

/** A buffer: its handle is the cell of its variable. In arithmetic it is its address. */
export const BUFFER: SceneType = thing('buffer', {
  members: {
    page: (cell, s) => atPlace.page(firstPlace(cell, s), s),
    pte: (cell, s) => atPlace.pte(firstPlace(cell, s), s),
    vma: (cell, s) => atPlace.vma(firstPlace(cell, s), s),
    pagemap: (cell, s) => firstPlace(cell, s),
    address: (cell, s) => atPlace.address(firstPlace(cell, s)),
    pages: (cell, s) => s.world.variables.pages(cell),
    size: (cell, s) => s.world.variables.pages(cell) * 4096,
  },
  toNumber: (cell, s) => s.world.variables.content(cell as number),
  index: (cell, i, s) => {
    checkPages(s, cell as number, i, i + 1);
    return firstPlace(cell, s) + i;
  },
  slice: (cell, first, end, s) => slice(cell as number, first, end, s) as unknown as Value,
  contains: (cell, va, s) => {
    const start = s.world.variables.content(cell as number);
    return va >= start && va < start + s.world.variables.pages(cell as number) * 4096;
  },
  show: (cell, s) => {
    const { variables } = s.world;
    return `${showAddress(variables.content(cell as number))}, ${variables.pages(cell as number)} pages`;
  },
});

const ownerOf = (cell: Value, s: Scene): ProcessRow => s.world.variables.processOf(cell as number);
const firstPlace = (cell: Value, s: Scene): number =>
  place(ownerOf(cell, s), vpnOf(s.world.variables.content(cell as number)));

function slice(cell: number, first = 0, end: number | undefined, s: Scene): Places {
  const { variables } = s.world;
  const start = vpnOf(variables.content(cell));
  const to = end ?? variables.pages(cell);
  checkPages(s, cell, first, to);
  return { process: ownerOf(cell, s), first: start + first, end: start + to };
}

/** Throws EvaluationError where pages [first, end) do not all lie in the buffer. */
function checkPages({ world: { variables, names } }: Scene, cell: number, first: number, end: number): void {
  const pages = variables.pages(cell);
  if (first >= 0 && end <= pages) return;
  const { name } = names.variables[variables.variableOf(cell)] ?? { name: 'the buffer' };
  const has = pages === 1 ? 'one page, page 0' : `pages 0 to ${pages - 1}`;
  throw new EvaluationError(`page ${first < 0 ? first : end - 1} is outside \`${name}\`, which has ${has}`);
}
