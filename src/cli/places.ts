/** Addresses in the words of the scenario. */

import { type ProcessRow, type TaskRow, type Vpn, vaOf } from '../engine/machine/ids';
import { placeOf, showAddress, spaceOf, type World } from '../view/environment';

/** `buf[3]`, or the address where no buffer of the process covers it. */
export function showVa(world: World, process: ProcessRow, va: number): string {
  return placeOf(world, process, va) ?? showAddress(va);
}

export function showVpn(world: World, process: ProcessRow, vpn: number): string {
  return showVa(world, process, vaOf(vpn as Vpn));
}

export const processOf = (world: World, task: TaskRow): ProcessRow => spaceOf(world, task);

/** `buf[3]` and the pages from there: `buf[3..7]`; a range that covers everything is `everything`. */
export function showPages(world: World, process: ProcessRow, vpn: number, pages: number): string {
  if (pages >= 2 ** 35) return 'everything';
  const from = showVpn(world, process, vpn);
  if (pages === 1) return from;
  const parts = /^(.*)\[(\d+)\]$/.exec(from);
  return parts ? `${parts[1]}[${parts[2]}..${Number(parts[2]) + pages}]` : `${from}, ${pages} pages`;
}
