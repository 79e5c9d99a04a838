/** Parameters and locals of routines as expressions see and show them. */

import { Foll } from '../../engine/kernel/mm/gup/foll';
import { Follow } from '../../engine/kernel/mm/gup/gup';
import { Advice } from '../../engine/kernel/mm/madvise/madvise';
import { ptep_get } from '../../engine/kernel/mm/pgtable';
import { HOLD_NAMES, type HoldKind } from '../../engine/machine/holds';
import {
  type DeviceRow,
  type EntryRow,
  PAGE_SIZE,
  type PageRow,
  type TaskRow,
  type Vpn,
  vaOf,
} from '../../engine/machine/ids';
import { KIND_NAMES, kindOf } from '../../engine/machine/pte';
import { NOT_SET } from '../../engine/routine/frame';
import type { LinkedRoutine } from '../../engine/routine/link';
import type { Shown } from '../../engine/routine/routine';
import { signalName } from '../../language/signals';
import { type Binding, NUMBER, STRING, showValue, type Value } from '../../language/values';
import {
  showAddress,
  showErrno,
  showFaultFlags,
  showFoll,
  showHex,
  showHmmNeed,
  showHmmPfn,
  showNotify,
  showSelect,
  showVmFault,
  showVmFlags,
} from './format';
import { holderName } from './holders';
import { DEVICE, PROCESS, TASK } from './machine-types';
import {
  arrayOf,
  DEVICE_FAULT,
  elementsFrom,
  HMM_RANGE,
  MIGRATE_ENTRY,
  MIGRATION,
  PAGE_ENTRY,
  PFN_ENTRY,
  pageList,
  pagesBehind,
} from './records';
import { deviceName, type Scene, taskName, type World } from './scene';
import { ADDRESS, orNone, type SceneType } from './type-parts';
import { PAGE, PTE, VMA } from './types';

const shownBy = (show: (value: number, scene: Scene) => string): SceneType => ({
  name: 'a number',
  family: 'number',
  show: (value, scene) => (typeof value === 'number' ? show(value, scene) : String(value)),
});

/** The parameter or local of the same frame that has this name; undefined where the routine has none. */
type Beside = (name: string) => number | undefined;

interface Meaning {
  readonly type: SceneType;
  /** From the slot to the value. */
  readonly read: (slot: number, scene: Scene, beside: Beside) => Value;
}

const plain = (type: SceneType): Meaning => ({ type, read: (slot) => slot });
const row = (type: SceneType): Meaning => ({ type, read: orNone });
/** A negative number stands for none. */
const notNegative = (type: SceneType): Meaning => ({ type, read: (slot) => (slot < 0 ? undefined : slot) });
/** A number that only its words say anything about; 0 for none. */
const named = (show: (value: number, scene: Scene) => string): Meaning => row(shownBy(show));
/** Words, which need no quotes. */
const WORDS: SceneType = { ...STRING, show: String };
const text = (read: Meaning['read']): Meaning => ({ type: WORDS, read });

/** A page number; a negative one is the error that came in its place. */
const ADDRESS_OR_ERROR: SceneType = {
  ...ADDRESS,
  show: (va) => (Number(va) < 0 ? showErrno(Number(va) / PAGE_SIZE) : showAddress(Number(va))),
};

/** The holder that `who` names: of the kind in `hold`, or whoever calls get_user_pages. */
function holder(who: number, { world }: Scene, beside: Beside): string {
  const hold = beside('hold');
  if (hold !== undefined) return holderName(world, hold as HoldKind, who);
  const foll = beside('foll') ?? Foll.Pin;
  if ((foll & Foll.Pin) === 0) return taskName(world, who as TaskRow);
  return pinName(who, world);
}

const pinName = (pin: number, { kernel, names }: World): string =>
  names.pins[kernel.pins.name.get(pin)] ?? 'a pin without a name';

function showTable(node: number, { world: { kernel } }: Scene): string {
  const { tables } = kernel;
  if (!tables.nodes.isLive(node)) return 'freed';
  return `page table, pfn ${showHex(kernel.pages.pfn(tables.page.get(node) as PageRow))}`;
}

function showSwapSlot(slot: number, { world: { kernel } }: Scene): string {
  const { swap } = kernel;
  if (!swap.slots.isLive(slot)) return 'freed';
  return `slot ${swap.slotOffset.get(slot)} of swap area ${swap.slotArea.get(slot)}`;
}

function showSwapArea(area: number, { world: { kernel } }: Scene): string {
  const { swap } = kernel;
  if (!swap.areas.isLive(area)) return 'removed';
  return `swap area ${area}: ${swap.used.get(area)} of ${swap.pages.get(area)} slots used`;
}

const FOLLOW: Readonly<Record<number, string>> = {
  [Follow.Page]: 'the page',
  [Follow.Missing]: 'no page: fault it in',
  [Follow.Unshare]: 'a shared page: unshare it',
};

const adviceName = (advice: number): string => {
  const known = Object.entries(Advice).find(([, number]) => number === advice);
  return known ? `MADV_${known[0]}` : String(advice);
};

const MEANINGS: Record<Shown, Meaning> = {
  int: plain(NUMBER),
  bool: plain(NUMBER),
  hex: plain(shownBy(showHex)),
  address: plain(ADDRESS),
  index: notNegative(NUMBER),
  page: row(PAGE),
  vpn: { type: ADDRESS_OR_ERROR, read: (vpn) => vaOf(vpn as Vpn) },
  vma: row(VMA),
  mm: { type: PROCESS, read: (mm, s) => orNone(s.world.kernel.mm.process.get(mm)) },
  task: row(TASK),
  process: row(PROCESS),
  device: row(DEVICE),
  mirror: { type: DEVICE, read: (mirror, s) => orNone(s.world.kernel.devices.mirrorDevice.get(mirror)) },
  range: row(HMM_RANGE),
  file: text((file, { world }) =>
    file === 0 ? undefined : (world.names.files[world.kernel.files.name.get(file)] ?? 'shared memory'),
  ),
  entry: {
    type: PTE,
    read: (entry, s) => (ptep_get(s.world.kernel, entry as EntryRow) === 0 ? undefined : entry),
  },
  pte: plain(shownBy((pte) => KIND_NAMES[kindOf(pte)] ?? showHex(pte))),
  migration: row(MIGRATION),
  'migrate-entry': row(MIGRATE_ENTRY),
  'pfn-entry': row(PFN_ENTRY),
  'page-entry': row(PAGE_ENTRY),
  'pfn-array': { type: arrayOf(PFN_ENTRY), read: array },
  'page-array': { type: arrayOf(PAGE_ENTRY), read: array },
  'folio-list': { type: pageList(PAGE, 'folio', 'folios'), read: pagesBehind },
  gather: { type: pageList(PAGE, 'page waits for the flush', 'pages wait for the flush'), read: pagesBehind },
  pin: text((pin, { world }) => (pin === 0 ? undefined : pinName(pin, world))),
  'holder-kind': text((kind) => HOLD_NAMES[kind as HoldKind]),
  holder: text(holder),
  table: named(showTable),
  pgmap: named((pgmap, { world }) =>
    deviceName(world, world.kernel.devices.pgmapDevice.get(pgmap) as DeviceRow),
  ),
  'swap-area': named(showSwapArea),
  'swap-slot': named(showSwapSlot),
  'device-fault': row(DEVICE_FAULT),
  'task-name': text((name, { world }) => world.names.tasks[name]),
  byte: notNegative(shownBy(showHex)),
  signal: { type: shownBy(signalName), read: orNone },
  advice: plain(shownBy(adviceName)),
  'vma-flags': plain(shownBy(showVmFlags)),
  'fault-flags': plain(shownBy(showFaultFlags)),
  'foll-flags': plain(shownBy(showFoll)),
  follow: plain(shownBy((found) => FOLLOW[found] ?? String(found))),
  'hmm-pfn': plain(shownBy(showHmmPfn)),
  'hmm-need': plain(shownBy(showHmmNeed)),
  select: plain(shownBy(showSelect)),
  'vm-fault': plain(shownBy(showVmFault)),
  injected: notNegative(shownBy(showVmFault)),
  errno: plain(shownBy(showErrno)),
  event: plain(shownBy(showNotify)),
};

function array(first: number, scene: Scene): Value {
  return first === 0 ? undefined : elementsFrom(first, scene);
}

/** What a slot holds: in a routine's frame, or of a leaf routine that the task's next step runs. */
function slotAt(
  { parameter }: LinkedRoutine,
  place: number,
  { world: { kernel }, task, base }: Scene,
): number {
  return parameter ? parameter(kernel, task, base, place) : kernel.tasks.stack.get(base + place);
}

/** What a parameter or local of a routine means; undefined where the routine has none of this name. */
export function localOf(routine: LinkedRoutine, name: string): Binding<Scene> | undefined {
  const number = routine.slots.findIndex((slot) => slot.name === name);
  const slot = routine.slots[number];
  if (!slot) return undefined;
  const { type, read } = MEANINGS[slot.shown];
  const places = new Map(routine.slots.map((other, place) => [other.name, place]));
  return {
    type,
    get: (scene) => {
      const at = (place: number): number => slotAt(routine, place, scene);
      const beside: Beside = (other) => {
        const place = places.get(other);
        return place === undefined ? undefined : at(place);
      };
      return read(at(number), scene, beside);
    },
  };
}

/** Whether something has been written to a parameter or local since its routine was entered. */
export function isSet(routine: LinkedRoutine, name: string, scene: Scene): boolean {
  const number = routine.slots.findIndex((slot) => slot.name === name);
  return number !== -1 && !Object.is(slotAt(routine, number, scene), NOT_SET);
}

/** What a routine has returned, as its `ret` is shown; without one as a number or an errno. */
export function showReturned(routine: LinkedRoutine, value: number, scene: Scene): string {
  const slot = routine.slots.find(({ name }) => name === 'ret');
  return showValue(value, MEANINGS[slot?.shown ?? 'errno'].type, scene);
}
