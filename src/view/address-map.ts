/** An address space as cells: where each page, or each group of pages, is. */

import type { ProcessRow, TaskRow, VmaRow, Vpn } from '../engine/machine/ids';
import { vaOf, vpnOf } from '../engine/machine/ids';
import { LEVEL_PGD } from '../engine/machine/radix';
import type { Snapshot } from '../engine/machine/store';
import {
  type AddressMapResult,
  CELL_CHANGED,
  CELL_MIXED,
  CELL_STATE,
  type MapArea,
  type MapState,
} from '../protocol';
import { base64 } from './base64';
import { processName, showProtection, type World } from './environment';
import { changed } from './inspect/previous';
import { eachEntry, type TableAt } from './page-tables/entries';
import { faultingPages, mmOf, showVpn } from './page-tables/place';
import { deviceOf, type EntryState, entryKind, isWritable, showState, stateOf } from './page-tables/state';

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
function processesWithMemory(world: World): ProcessRow[] {
  const { tasks } = world.kernel;
  return ([...tasks.processes.rows()] as ProcessRow[]).filter(
    (process) => mmOf(world, process) !== 0 && tasks.exited.get(process) === 0,
  );
}

/** Divides a part of a process's memory into at most `most` cells. */
export function addressMap(
  world: World,
  previous: Snapshot | undefined,
  process: ProcessRow,
  part: Part,
  most: number,
): AddressMapResult {
  const pieces = piecesOf(world, process, part);
  const pagesPerCell = scale(pieces, most);
  const states = new States(world);
  const { mm } = world.kernel;
  const table: TableAt = {
    node: mm.pgd.get(mmOf(world, process)) as TableAt['node'],
    level: LEVEL_PGD,
    base: 0,
  };
  const areas = pieces.map((piece): MapArea => {
    const cells = new Cells(world, previous, states, piece, pagesPerCell);
    eachEntry(world, table, piece.start, piece.end, (entry, start, end) => cells.add(entry, start, end));
    return {
      label: piece.buffer?.name ?? rangeOf(piece),
      ...(piece.buffer === undefined ? {} : { firstPage: piece.buffer.firstPage }),
      protection: showProtection(mm.flags.get(piece.vma)),
      start: showVpn(piece.start),
      pages: piece.end - piece.start,
      cells: base64(cells.finish()),
    };
  });
  const faults = faultingPages(world, process).filter((vpn) => vpn >= part.from && vpn < part.to);
  return {
    process: processName(world, process),
    processes: processesWithMemory(world).map((row) => processName(world, row)),
    pagesPerCell,
    states: states.list,
    areas,
    faults: faults.map(showVpn),
  };
}

const rangeOf = ({ start, end }: Piece): string =>
  `${vaOf(start as Vpn).toString(16)}-${vaOf(end as Vpn).toString(16)}`;

/** Pages a cell, so that no more than `most` cells are needed; a power of two. */
function scale(pieces: readonly Piece[], most: number): number {
  for (let pages = 1; ; pages *= 2) {
    const cells = pieces.reduce((sum, { start, end }) => sum + Math.ceil((end - start) / pages), 0);
    if (cells <= most || cells === pieces.length) return pages;
  }
}

/** Buffers of a process as page ranges. */
function buffersOf(
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

/** The states that occur, each with its number and its pages. */
class States {
  readonly list: MapState[] = [];
  readonly #numbers = new Map<EntryState, number>();

  constructor(readonly world: World) {}

  /** The number of a state, with `pages` more in it; what no longer fits into a cell's bits shares the last number. */
  add(state: EntryState, pages: number): number {
    let number = this.#numbers.get(state);
    if (number === undefined) {
      number = Math.min(this.list.length, CELL_STATE - 1);
      this.#numbers.set(state, number);
      this.list[number] ??= this.#describe(state);
    }
    const described = this.list[number];
    if (described !== undefined) described.pages += pages;
    return number;
  }

  #describe(state: EntryState): MapState {
    const device = deviceOf(this.world, state);
    return {
      label: showState(this.world, state),
      entry: entryKind(state),
      ...(device === undefined ? {} : { device }),
      writable: isWritable(state),
      pages: 0,
    };
  }
}

/** The cells of one piece, filled in the order of the addresses. */
class Cells {
  readonly #cells: Uint8Array;
  /** Pages by the number of their state, of the cell that is being filled. */
  readonly #counts = new Map<number, number>();
  #at = 0;
  #changed = false;

  constructor(
    readonly world: World,
    readonly previous: Snapshot | undefined,
    readonly states: States,
    readonly piece: Piece,
    readonly pagesPerCell: number,
  ) {
    this.#cells = new Uint8Array(Math.ceil((piece.end - piece.start) / pagesPerCell));
  }

  add(entry: Parameters<typeof stateOf>[1], start: number, end: number): void {
    const state = stateOf(this.world, entry);
    const { tables } = this.world.kernel;
    const isChanged = changed(this.previous, tables.lo, entry) || changed(this.previous, tables.hi, entry);
    for (let page = start; page < end; ) {
      const cell = Math.floor((page - this.piece.start) / this.pagesPerCell);
      if (cell !== this.#at) this.#close(cell);
      const last = Math.min(end, this.piece.start + (cell + 1) * this.pagesPerCell);
      const number = this.states.add(state, last - page);
      this.#counts.set(number, (this.#counts.get(number) ?? 0) + last - page);
      this.#changed ||= isChanged;
      page = last;
    }
  }

  finish(): Uint8Array {
    this.#close(0);
    return this.#cells;
  }

  #close(next: number): void {
    let most = 0;
    let state = -1;
    let mapped = 0;
    for (const [number, pages] of this.#counts) {
      mapped += pages;
      if (pages > most) [state, most] = [number, pages];
    }
    const pages = Math.min(
      this.pagesPerCell,
      this.piece.end - this.piece.start - this.#at * this.pagesPerCell,
    );
    const mixed = mapped > 0 && most < pages ? CELL_MIXED : 0;
    this.#cells[this.#at] = (state + 1) | (this.#changed ? CELL_CHANGED : 0) | mixed;
    this.#counts.clear();
    this.#changed = false;
    this.#at = next;
  }
}

/** The process that is meant: by name, else the one whose fault began last, else that of the task. */
export function mapProcess(world: World, name: string | undefined, task: TaskRow): ProcessRow | undefined {
  const all = processesWithMemory(world);
  if (name !== undefined) return all.find((process) => processName(world, process) === name);
  const { faults, tasks } = world.kernel;
  let newest = 0;
  for (const row of faults.table.rows())
    if (newest === 0 || faults.since.get(row) >= faults.since.get(newest)) newest = row;
  const of = tasks.processOf(newest === 0 ? task : (faults.task.get(newest) as TaskRow));
  return all.includes(of) ? of : all[0];
}
