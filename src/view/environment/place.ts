/** A page of a buffer as a value: process and virtual page number in one number, whether or not something is mapped there. */

import type { MmRow, ProcessRow, Vpn } from '../../engine/machine/ids';
import type { Value } from '../../language/values';
import type { Scene } from './scene';

const PROCESS_SCALE = 2 ** 35;

export const place = (process: number, vpn: number): number => process * PROCESS_SCALE + vpn;
export const placeProcess = (handle: Value): ProcessRow =>
  Math.floor((handle as number) / PROCESS_SCALE) as ProcessRow;
export const placeVpn = (handle: Value): Vpn => ((handle as number) % PROCESS_SCALE) as Vpn;
export const mmOfPlace = (handle: Value, s: Scene): MmRow =>
  s.world.kernel.tasks.mm.get(placeProcess(handle)) as MmRow;
