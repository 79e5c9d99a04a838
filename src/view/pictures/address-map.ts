/** An address space as cells: where each page, or each group of pages, is. */

import type { EntryRow, ProcessRow, TaskRow, VmaRow, Vpn } from '../../engine/machine/ids';
import { vaOf, vpnOf } from '../../engine/machine/ids';
import { LEVEL_PGD } from '../../engine/machine/radix';
import type { Snapshot } from '../../engine/machine/store';
import type { AddressMapArguments, AddressMapResult, MapArea, MapState } from '../../protocol';
import { processName, showProtection, type World } from '../environment';
import { newestFault } from '../inspect/faults';
import { changed } from '../inspect/previous';
import { eachEntry, type TableAt } from '../page-tables/entries';
import { faultingPages, mmOf, showVpn } from '../page-tables/place';
import { deviceOf, type EntryState, entryKind, isWritable, showState, stateOf } from '../page-tables/state';
import { Cells, pagesPerCell, States } from './cells';
import { isMirrorKey, type Mirror, mirrorState, mirrorsOf } from './mirrors';

/** A part of an address space, in pages. */
export interface Part {
  readonly from: number;
  readonly to: number;
}

/** A piece of a mapping that belongs to one buffer, or to none. */
interface Piece {
  readonly vma: VmaRow;
  readonly start: number;
  readonly end: number;
  readonly buffer: { readonly name: string; readonly firstPage: number } | undefined;
}

/** Processes that have memory, in the order in which they began. */
export function processesWithMemory(world: World): ProcessRow[] {
  const { tasks } = world.kernel;
  return ([...tasks.processes.rows()] as ProcessRow[]).filter(
    (process) => mmOf(world, process) !== 0 && tasks.exited.get(process) === 0,
  );
}

/** Divides a part of a process's memory, and where asked for what devices mirror of it, into at most `most` cells. */
export function addressMap(
  world: World,
  previous: Snapshot | undefined,
  process: ProcessRow,
  part: Part,
  { most, mirrors: withMirrors = false }: AddressMapArguments,
): AddressMapResult {
  const pieces = piecesOf(world, process, part);
  const mirrors = withMirrors ? mirrorsOf(world, process) : [];
  const rows = pieces.flatMap((piece) => [
    { piece, mirror: undefined },
    ...mirrors.filter((mirror) => mirror.maps(piece.start, piece.end)).map((mirror) => ({ piece, mirror })),
  ]);
  const scale = pagesPerCell(
    rows.map(({ piece }) => piece.end - piece.start),
    most,
  );
  const states = new States((key) => (isMirrorKey(key) ? mirrorState(key) : entryState(world, key)));
  const areas = rows.map(({ piece, mirror }): MapArea => {
    const cells = new Cells(states, piece.start, piece.end, scale);
    const fill = mirror === undefined ? fillFromTable : fillFrom(mirror);
    fill(world, previous, process, cells);
    return { ...areaOf(world, piece, mirror), cells: cells.finish() };
  });
  const faults = faultingPages(world, process).filter((vpn) => vpn >= part.from && vpn < part.to);
  return {
    process: processName(world, process),
    processes: processesWithMemory(world).map((row) => processName(world, row)),
    pagesPerCell: scale,
    states: states.list,
    areas,
    faults: faults.map(showVpn),
  };
}

function areaOf(world: World, piece: Piece, mirror: Mirror | undefined): Omit<MapArea, 'cells'> {
  const { buffer, start, end, vma } = piece;
  return {
    label: buffer?.name ?? rangeOf(piece),
    note: mirror === undefined ? showProtection(world.kernel.mm.flags.get(vma)) : '',
    ...(buffer === undefined ? {} : { firstPage: buffer.firstPage }),
    ...(mirror === undefined ? {} : { mirror: mirror.device }),
    start: showVpn(start),
    pages: end - start,
  };
}

type Fill = (
  world: World,
  previous: Snapshot | undefined,
  process: ProcessRow,
  cells: Cells<MapState>,
) => void;

/** An entry of a page table, or of a mirror, differs from what it was. */
function entryChanged(
  { kernel: { tables } }: World,
  previous: Snapshot | undefined,
  entry: EntryRow,
): boolean {
  return changed(previous, tables.lo, entry) || changed(previous, tables.hi, entry);
}

const fillFromTable: Fill = (world, previous, process, cells) => {
  const node = world.kernel.mm.pgd.get(mmOf(world, process)) as TableAt['node'];
  const table: TableAt = { node, level: LEVEL_PGD, base: 0 };
  eachEntry(world, table, cells.start, cells.end, (entry, from, to) =>
    cells.add(stateOf(world, entry), entryChanged(world, previous, entry), from, to),
  );
};

const fillFrom =
  (mirror: Mirror): Fill =>
  (world, previous, _, cells) => {
    for (const { vpn, key, row } of mirror.entries(cells.start, cells.end))
      cells.add(key, entryChanged(world, previous, row), vpn, vpn + 1);
  };

/** What the entries of a state of a page table have in common. */
function entryState(world: World, state: EntryState): MapState {
  const device = deviceOf(world, state);
  return {
    label: showState(world, state),
    entry: entryKind(state),
    ...(device === undefined ? {} : { device }),
    writable: isWritable(state),
    pages: 0,
  };
}

const rangeOf = ({ start, end }: Piece): string =>
  `${vaOf(start as Vpn).toString(16)}-${vaOf(end as Vpn).toString(16)}`;

/** Buffers of a process as page ranges. */
export function buffersOf(
  { variables, names }: World,
  process: ProcessRow,
): { name: string; start: number; end: number }[] {
  const buffers: { name: string; start: number; end: number }[] = [];
  for (let variable = 0; variable < variables.count; variable++) {
    const cell = variables.cell(process, variable);
    const start = vpnOf(variables.content(cell));
    const name = names.variables[variable]?.name;
    if (name !== undefined && variables.isBuffer(cell))
      buffers.push({ name, start, end: start + variables.pages(cell) });
  }
  return buffers;
}

/** The mappings of the part, cut where a buffer begins or ends. */
function piecesOf(world: World, process: ProcessRow, { from, to }: Part): Piece[] {
  const { mm } = world.kernel;
  const buffers = buffersOf(world, process);
  const pieces: Piece[] = [];
  for (const vma of mm.vmasOf(mmOf(world, process))) {
    const last = Math.min(mm.end.get(vma), to);
    for (let start = Math.max(mm.start.get(vma), from); start < last; ) {
      const within = buffers.find((buffer) => buffer.start <= start && start < buffer.end);
      const next = buffers.map((buffer) => buffer.start).filter((begin) => begin > start);
      const end = Math.min(within?.end ?? last, last, ...(within === undefined ? next : []));
      const buffer = within && { name: within.name, firstPage: start - within.start };
      pieces.push({ vma, start, end, buffer });
      start = end;
    }
  }
  return pieces;
}

/** The process that is meant: by name, else the one whose fault began last, else that of the task. */
export function mapProcess(world: World, name: string | undefined, task: TaskRow): ProcessRow | undefined {
  const all = processesWithMemory(world);
  if (name !== undefined) return all.find((process) => processName(world, process) === name);
  const { faults, tasks } = world.kernel;
  const newest = newestFault(world);
  const of = tasks.processOf(newest === 0 ? task : (faults.task.get(newest) as TaskRow));
  return all.includes(of) ? of : all[0];
}
