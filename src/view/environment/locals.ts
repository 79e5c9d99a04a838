/** Parameters and locals of routines as expressions see and show them. */

import { ptep_get } from '../../engine/kernel/mm/pgtable';
import type { EntryRow } from '../../engine/machine/ids';
import { type Vpn, vaOf } from '../../engine/machine/ids';
import { KIND_NAMES, kindOf } from '../../engine/machine/pte';
import { NOT_SET } from '../../engine/routine/frame';
import type { LinkedRoutine } from '../../engine/routine/link';
import type { Shown } from '../../engine/routine/routine';
import { type Binding, NUMBER, showValue, type Value } from '../../language/values';
import { showErrno, showFaultFlags, showHex, showNotify, showVmFault } from './format';
import { DEVICE, PROCESS, TASK } from './machine-types';
import type { Scene } from './scene';
import { ADDRESS, orNone, type SceneType } from './type-parts';
import { PAGE, PTE, VMA } from './types';

const shownBy = (show: (value: number, scene: Scene) => string): SceneType => ({
  name: 'a number',
  family: 'number',
  show: (value, scene) => (typeof value === 'number' ? show(value, scene) : String(value)),
});

interface Meaning {
  readonly type: SceneType;
  /** From the slot to the value. */
  readonly read: (slot: number, scene: Scene) => Value;
}

const plain = (type: SceneType): Meaning => ({ type, read: (slot) => slot });
const row = (type: SceneType): Meaning => ({ type, read: orNone });

const MEANINGS: Record<Shown, Meaning> = {
  int: plain(NUMBER),
  bool: plain(NUMBER),
  hex: plain(shownBy(showHex)),
  page: row(PAGE),
  vpn: { type: ADDRESS, read: (vpn) => vaOf(vpn as Vpn) },
  vma: row(VMA),
  mm: { type: PROCESS, read: (mm, s) => orNone(s.world.kernel.mm.process.get(mm)) },
  task: row(TASK),
  process: row(PROCESS),
  device: row(DEVICE),
  mirror: { type: DEVICE, read: (mirror, s) => orNone(s.world.kernel.devices.mirrorDevice.get(mirror)) },
  range: plain(NUMBER),
  file: plain(NUMBER),
  entry: {
    type: PTE,
    read: (entry, s) => (ptep_get(s.world.kernel, entry as EntryRow) === 0 ? undefined : entry),
  },
  pte: plain(shownBy((pte) => KIND_NAMES[kindOf(pte)] ?? showHex(pte))),
  slot: plain(NUMBER),
  migration: plain(NUMBER),
  pin: plain(NUMBER),
  'anon-vma': plain(NUMBER),
  'fault-flags': plain(shownBy(showFaultFlags)),
  'vm-fault': plain(shownBy(showVmFault)),
  injected: { type: shownBy(showVmFault), read: (result) => (result < 0 ? undefined : result) },
  errno: plain(shownBy(showErrno)),
  event: plain(shownBy(showNotify)),
};

/** What a parameter or local of a routine means; undefined where the routine has none of this name. */
export function localOf(routine: LinkedRoutine, name: string): Binding<Scene> | undefined {
  const number = routine.slots.findIndex((slot) => slot.name === name);
  const slot = routine.slots[number];
  if (!slot) return undefined;
  const { type, read } = MEANINGS[slot.shown];
  return { type, get: (scene) => read(scene.world.kernel.tasks.stack.get(scene.base + number), scene) };
}

/** Whether something has been written to a parameter or local since its routine was entered. */
export function isSet(routine: LinkedRoutine, name: string, { world, base }: Scene): boolean {
  const number = routine.slots.findIndex((slot) => slot.name === name);
  return number !== -1 && !Object.is(world.kernel.tasks.stack.get(base + number), NOT_SET);
}

/** What a routine has returned, as its `ret` is shown; without one as a number or an errno. */
export function showReturned(routine: LinkedRoutine, value: number, scene: Scene): string {
  const slot = routine.slots.find(({ name }) => name === 'ret');
  return showValue(value, MEANINGS[slot?.shown ?? 'errno'].type, scene);
}
