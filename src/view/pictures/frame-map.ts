/** Physical memory as cells: what each page frame of each zone and device is used for, or who owns it. */

import type { DeviceRow, PageRow, Vpn, ZoneRow } from '../../engine/machine/ids';
import { MAPPING_ANON, MAPPING_FILE, Pg } from '../../engine/machine/pages';
import type { Snapshot } from '../../engine/machine/store';
import type { CellArea, FrameMapArguments, FrameMapResult, FrameState } from '../../protocol';
import { deviceName, pageAt, showHex, type World } from '../environment';
import { changed, mayHaveChanged } from '../inspect/previous';
import { faultingPages, mmOf, showVpn } from '../page-tables/place';
import { type Part, processesWithMemory } from './address-map';
import { Cells, pagesPerCell, States } from './cells';
import { Owners } from './owners';

/** Frames [from, to) of a range of struct pages. */
interface Range extends Part {
  readonly row: number;
  readonly label: string;
}

function rangesOf(world: World, part: Part): Range[] {
  const { pages, zones, devices } = world.kernel;
  return [...pages.ranges.rows()].flatMap((row) => {
    const start = pages.rangeStart.get(row);
    const from = Math.max(part.from, start);
    const to = Math.min(part.to, start + pages.rangePages.get(row));
    if (from >= to) return [];
    const zone = pages.rangeZone.get(row) as ZoneRow;
    const device = devices.pgmapDevice.get(pages.rangePgmap.get(row)) as DeviceRow;
    const label =
      pages.rangePgmap.get(row) === 0
        ? `node${zones.node.get(zone)} ${zones.nameOf(zone)}`
        : deviceName(world, device);
    return [{ row, from, to, label }];
  });
}

/** What pages have in common, by the way in which frames are told apart. */
interface Key {
  of(page: PageRow): number;
  describe(key: number): FrameState;
}

const USES = ['free', 'anonymous', 'file', 'page table', 'kernel'] as const;
const USE_BITS = 0x7;
const PINNED = 0x8;
const LOCKED = 0x10;

/** By state. */
function byState({ kernel: { pages } }: World): Key {
  const useOf = (page: PageRow): (typeof USES)[number] => {
    if (pages.has(page, Pg.Free)) return 'free';
    if (pages.has(page, Pg.Table)) return 'page table';
    const mapping = pages.mapping.get(pages.folio(page));
    if ((mapping & MAPPING_ANON) !== 0) return 'anonymous';
    return (mapping & MAPPING_FILE) !== 0 ? 'file' : 'kernel';
  };
  return {
    of: (page) => {
      const use = useOf(page);
      const folio = pages.folio(page);
      const notes = (pages.pins.get(folio) > 0 ? PINNED : 0) | (pages.has(folio, Pg.Locked) ? LOCKED : 0);
      return USES.indexOf(use) | (use === 'free' ? 0 : notes);
    },
    describe: (key) => {
      const use = USES[key & USE_BITS] ?? 'kernel';
      const [pinned, locked] = [(key & PINNED) !== 0, (key & LOCKED) !== 0];
      const name = use === 'kernel' ? 'kernel or driver' : use;
      const label = [name, ...(pinned ? ['pinned'] : []), ...(locked ? ['locked'] : [])].join(', ');
      return { label, use, number: 0, pinned, locked, pages: 0 };
    },
  };
}

const owned = (label: string, number: number): FrameState => ({
  label,
  use: number < 0 ? 'free' : 'owned',
  number: Math.max(0, number),
  pinned: false,
  locked: false,
  pages: 0,
});

/** By who maps them. */
function byOwner(world: World, by: 'process' | 'buffer'): Key {
  const owners = new Owners(world, by);
  return {
    of: (page) => owners.of(page) + 1,
    describe: (key) => owned(owners.name(key - 1), key - 1 === 0 ? -1 : key),
  };
}

/** Counts from this one on are told together. */
const MOST_COUNT = 16;

function byRefcount({ kernel: { pages } }: World): Key {
  return {
    of: (page) => Math.min(MOST_COUNT, Math.max(0, pages.refcount.get(pages.folio(page)))),
    describe: (count) => owned(`refcount ${count}${count === MOST_COUNT ? ' or more' : ''}`, count - 1),
  };
}

function keyOf(world: World, colour: FrameMapResult['colour']): Key {
  if (colour === 'state') return byState(world);
  return colour === 'refcount' ? byRefcount(world) : byOwner(world, colour);
}

/** Frames of the pages on which a fault is pending. */
function faultingFrames(world: World): number[] {
  const { kernel: k } = world;
  return processesWithMemory(world).flatMap((process) =>
    faultingPages(world, process).flatMap((vpn) => {
      const page = pageAt(k, mmOf(world, process), vpn as Vpn);
      return page === 0 ? [] : k.pages.pfn(page);
    }),
  );
}

/** Divides a part of physical memory into at most `most` cells. */
export function frameMap(
  world: World,
  previous: Snapshot | undefined,
  part: Part,
  { most, colour = 'state' }: FrameMapArguments,
): FrameMapResult {
  const { pages } = world.kernel;
  const ranges = rangesOf(world, part);
  const scale = pagesPerCell(
    ranges.map(({ from, to }) => to - from),
    most,
  );
  const key = keyOf(world, colour);
  const states = new States(key.describe);
  const watched = [pages.flags, pages.refcount, pages.mapcount];
  const areas = ranges.map(({ row, from, to, label }): CellArea => {
    const start = pages.rangeStart.get(row);
    const cells = new Cells(states, from, to, scale);
    pages.visit(row, from - start, to - start, (first, offset, count) => {
      const columns = watched.filter((column) => mayHaveChanged(previous, column, first));
      let run = { key: -1, changed: false, at: 0 };
      for (let i = 0; i <= count; i++) {
        const page = (first + i) as PageRow;
        const now =
          i === count
            ? { key: -1, changed: false, at: i }
            : {
                key: key.of(page),
                changed: columns.some((column) => changed(previous, column, page)),
                at: i,
              };
        if (i > 0 && now.key === run.key && now.changed === run.changed) continue;
        if (i > 0) cells.add(run.key, run.changed, start + offset + run.at, start + offset + i);
        run = now;
      }
    });
    return {
      label,
      note: `from pfn ${showHex(from)}`,
      start: showVpn(from),
      pages: to - from,
      cells: cells.finish(),
    };
  });
  const faults = faultingFrames(world).filter((pfn) => pfn >= part.from && pfn < part.to);
  return { colour, pagesPerCell: scale, states: states.list, areas, faults: faults.map(showVpn) };
}
