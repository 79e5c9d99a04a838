/** Pages of an address space as variables. */

import type { MmRow, PageRow, ProcessRow, Vpn } from '../../engine/machine/ids';
import type { Kernel } from '../../engine/routine/kernel';
import { entryAt, showEntry, type World } from '../../view/environment';
import { frameExpression, pageChildren } from './page';
import type { Variable } from './tree';

/** A page of a process, whether or not something is mapped there. */
export function placeVariable(
  world: World,
  process: ProcessRow,
  vpn: number,
  name: string,
  evaluateName?: string,
): Variable {
  const { kernel: k } = world;
  const entry = entryAt(k, k.tasks.mm.get(process) as MmRow, vpn as Vpn);
  const shown = { name, value: entry === 0 ? 'nothing mapped' : showEntry(world, entry) };
  const page = entry === 0 ? (0 as PageRow) : pageOf(k, process, vpn);
  const expression = evaluateName === undefined ? frameExpression(world, page) : `${evaluateName}.page`;
  return {
    ...shown,
    ...(evaluateName === undefined ? {} : { evaluateName }),
    ...(page === 0 ? {} : { children: pageChildren(world, page, expression), page }),
  };
}

function pageOf(k: Kernel, process: ProcessRow, vpn: number): PageRow {
  const mm = k.tasks.mm.get(process) as MmRow;
  const entry = entryAt(k, mm, vpn as Vpn);
  return (entry === 0 ? 0 : k.tables.hi.get(entry)) as PageRow;
}
