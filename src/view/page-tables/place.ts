/** Where in a process's page tables something is: paths of tables, pending faults. */

import type { MmRow, NodeRow, ProcessRow, TaskRow, VmaRow, Vpn } from '../../engine/machine/ids';
import { vaOf, vpnOf } from '../../engine/machine/ids';
import { ENTRIES, LEVEL_PGD, LEVEL_PTE } from '../../engine/machine/radix';
import type { PageTableLevel } from '../../protocol';
import { placeOf, processName, showAddress, spaceOf, type World } from '../environment';
import { pendingFaults } from '../inspect/faults';

/** Names of the levels by their numbers; P4D is folded into PGD. */
export const LEVELS: readonly PageTableLevel[] = ['pte', 'pmd', 'pud', 'pgd'];

/** One table of a process, as far as it serves one VMA. */
export interface Table {
  readonly process: ProcessRow;
  readonly vma: VmaRow;
  /** First page of the VMA, and one past its last. */
  readonly start: number;
  readonly end: number;
  readonly node: NodeRow;
  readonly level: number;
  /** The page that its first entry maps. */
  readonly base: number;
  readonly id: string;
}

/** The process of that name that has an address space, or 0. */
export function processNamed(world: World, name: string): ProcessRow | 0 {
  const { tasks } = world.kernel;
  for (const row of tasks.processes.rows())
    if (
      tasks.mm.get(row) !== 0 &&
      tasks.exited.get(row) === 0 &&
      processName(world, row as ProcessRow) === name
    )
      return row as ProcessRow;
  return 0;
}

export const mmOf = (world: World, process: ProcessRow): MmRow => world.kernel.tasks.mm.get(process) as MmRow;

/** The top table of a VMA; undefined where the process or the VMA is gone. */
export function topOf(world: World, name: string, vmaPart: string): Table | undefined {
  const { mm } = world.kernel;
  const process = processNamed(world, name);
  if (process === 0) return undefined;
  const start = vpnOf(Number.parseInt(vmaPart.replace(/^vma:/, ''), 16));
  const space = mmOf(world, process);
  const vma = mm.vmaAt(space, start);
  if (vma === 0 || mm.start.get(vma) !== start) return undefined;
  const node = mm.pgd.get(space) as NodeRow;
  const id = `${name}/${vmaPart}`;
  return { process, vma, start, end: mm.end.get(vma), node, level: LEVEL_PGD, base: 0, id };
}

/** The table that an entry of a table points to; undefined where it points to none. */
export function below(world: World, table: Table, index: number): Table | undefined {
  const { tables } = world.kernel;
  const entry = tables.entry(table.node, index);
  if (table.level === LEVEL_PTE || tables.lo.get(entry) !== 1) return undefined;
  return {
    ...table,
    node: tables.child(entry),
    level: table.level - 1,
    base: table.base + index * ENTRIES ** table.level,
    id: `${table.id}/${LEVELS[table.level]}:${index}`,
  };
}

/** The page's name in expressions, as seen from its process; undefined where no buffer covers it. */
export const placeOfPage = (world: World, process: ProcessRow, vpn: number): string | undefined =>
  placeOf(world, process, vaOf(vpn as Vpn));

/** Pages of a process on which a fault has begun and not ended, of CPUs and devices. */
export function faultingPages(world: World, process: ProcessRow): readonly number[] {
  const name = processName(world, process);
  return pendingFaults(world)
    .filter((fault) =>
      fault.kind === 'cpu' ? spaceOf(world, fault.threadId as TaskRow) === process : fault.process === name,
    )
    .map(({ address }) => vpnOf(Number(address)));
}

export const showVpn = (vpn: number): string => showAddress(vaOf(vpn as Vpn));
