/** What routines pass on to each other: migrations, arrays of pages, ranges, faults of devices. */

import type {
  DeviceRow,
  MigrationRow,
  MmRow,
  PageRow,
  ProcessRow,
  RangeRow,
  Vpn,
} from '../../engine/machine/ids';
import { vaOf } from '../../engine/machine/ids';
import type { Table } from '../../engine/machine/table';
import { listOf, type Value } from '../../language/values';
import { showAddress, showHmmPfn, showMigratePfn, showSelect } from './format';
import { nameOfSpan, placeOf, showPage } from './pages';
import { deviceName, processName, type Scene } from './scene';
import { orNone, type SceneType, thing } from './type-parts';

/** What a local still names after it was given back. */
const FREED = 'freed';
/** An element that nobody has filled in. */
const NOTHING_YET = 'nothing yet';
/** Elements of an array that are shown. */
const MOST_ELEMENTS = 1000;

const kernelOf = (s: Scene) => s.world.kernel;
const isFreed = (table: Table, row: Value): boolean => !table.isLive(row as number);

/** `buf[3]`, or the address where no buffer covers it. */
function showPlace(s: Scene, process: ProcessRow, vpn: number): string {
  const va = vaOf(vpn as Vpn);
  return placeOf(s.world, process, va) ?? showAddress(va);
}

const processOfMm = (s: Scene, mm: number): ProcessRow => kernelOf(s).mm.process.get(mm) as ProcessRow;

// ------------------------------------------------------------------------------------------------ arrays

/** An element's address, where it has one, in the words of the process at hand. */
const placeOfSlot = (s: Scene, slot: Value): string => {
  const vpn = kernelOf(s).slots.vpn.get(slot as number);
  return vpn === 0 ? '' : `${showPlace(s, s.process, vpn)}: `;
};
const addressOf = (slot: number, s: Scene): number | undefined => {
  const vpn = kernelOf(s).slots.vpn.get(slot);
  return vpn === 0 ? undefined : vaOf(vpn as Vpn);
};
const pageOf = (row: number, s: Scene): string => (row === 0 ? 'no page' : showPage(s.world, row as PageRow));

/** A type whose rows are elements of arrays. */
function element(
  type: 'migrate-entry' | 'pfn-entry' | 'page-entry',
  words: (slot: number, s: Scene) => string,
) {
  return (slot: Value, s: Scene): string =>
    isFreed(kernelOf(s).slots.table, slot)
      ? FREED
      : `${type === 'page-entry' ? '' : placeOfSlot(s, slot)}${words(slot as number, s)}`;
}

export const MIGRATE_ENTRY: SceneType = thing('migrate-entry', {
  members: {
    address: addressOf,
    src: (slot, s) => orNone(kernelOf(s).slots.srcPage.get(slot)),
    src_flags: (slot, s) => showMigratePfn(kernelOf(s).slots.srcFlags.get(slot)),
    dst: (slot, s) => orNone(kernelOf(s).slots.dstPage.get(slot)),
    dst_flags: (slot, s) => showMigratePfn(kernelOf(s).slots.dstFlags.get(slot)),
  },
  show: element('migrate-entry', (slot, s) => {
    const { slots } = kernelOf(s);
    const to = slots.dstPage.get(slot);
    if (slots.srcPage.get(slot) === 0 && slots.srcFlags.get(slot) === 0) return NOTHING_YET;
    const src = `${pageOf(slots.srcPage.get(slot), s)} ${showMigratePfn(slots.srcFlags.get(slot))}`;
    return to === 0 ? src : `${src} → ${pageOf(to, s)}`;
  }),
});

export const PFN_ENTRY: SceneType = thing('pfn-entry', {
  members: {
    address: addressOf,
    page: (slot, s) => orNone(kernelOf(s).slots.srcPage.get(slot)),
    flags: (slot, s) => showHmmPfn(kernelOf(s).slots.srcFlags.get(slot)),
  },
  show: element('pfn-entry', (slot, s) => {
    const { slots } = kernelOf(s);
    const flags = slots.srcFlags.get(slot);
    return flags === 0 ? NOTHING_YET : `${showHmmPfn(flags)} ${pageOf(slots.srcPage.get(slot), s)}`;
  }),
});

export const PAGE_ENTRY: SceneType = thing('page-entry', {
  members: { page: (slot, s) => orNone(kernelOf(s).slots.srcPage.get(slot)) },
  show: element('page-entry', (slot, s) => pageOf(kernelOf(s).slots.srcPage.get(slot), s)),
});

/** The elements of an array from one on, as far as they were made; at most as many as are shown. */
export function elementsFrom(first: number, s: Scene): Value {
  const { slots } = kernelOf(s);
  const found: number[] = [];
  for (let slot = first; slot !== 0 && found.length <= MOST_ELEMENTS; slot = slots.next.get(slot)) {
    if (!slots.table.isLive(slot)) break;
    found.push(slot);
  }
  return found;
}

const counted = (many: number, what: string, plural: string): string => {
  if (many > MOST_ELEMENTS) return `more than ${MOST_ELEMENTS} ${plural}`;
  return `${many} ${many === 1 ? what : plural}`;
};

/** An array of elements: how many, and from where. */
export const arrayOf = (type: SceneType): SceneType => ({
  ...listOf(type),
  show: (list, s) => {
    const [first, ...rest] = list as readonly number[];
    if (first === undefined) return FREED;
    const from = placeOfSlot(s, first).replace(/: $/, '');
    return `${counted(rest.length + 1, 'entry', 'entries')}${from === '' ? '' : ` from ${from} on`}`;
  },
});

/** The pages behind the head of a list. */
export function pagesBehind(head: number, s: Scene): Value {
  const { slots } = kernelOf(s);
  if (!slots.table.isLive(head)) return undefined;
  const elements = elementsFrom(slots.next.get(head), s) as readonly number[];
  return elements.map((slot) => slots.srcPage.get(slot));
}

/** A list of pages, shown as how many there are. */
export const pageList = (page: SceneType, what: string, plural: string): SceneType => ({
  ...listOf(page),
  show: (list) => counted((list as readonly Value[]).length, what, plural),
});

// ------------------------------------------------------------------------------------------------ migrations

const ownerOfMigration = (s: Scene, m: MigrationRow): ProcessRow => {
  const { migrations, mm } = kernelOf(s);
  return processOfMm(s, mm.mm.get(migrations.vma.get(m)));
};

export const MIGRATION: SceneType = thing('migration', {
  members: {
    vma: (m, s) => orNone(kernelOf(s).migrations.vma.get(m)),
    start: (m, s) => vaOf(kernelOf(s).migrations.start.get(m) as Vpn),
    end: (m, s) => vaOf(kernelOf(s).migrations.end.get(m) as Vpn),
    entries: (m, s) => elementsFrom(kernelOf(s).migrations.head.get(m), s),
    cpages: (m, s) => kernelOf(s).migrations.cpages.get(m),
    owner: (m, s) => orNone(kernelOf(s).migrations.owner.get(m)),
    fault_page: (m, s) => orNone(kernelOf(s).migrations.faultPage.get(m)),
    flags: (m, s) => showSelect(kernelOf(s).migrations.select.get(m)),
    task: (m, s) => orNone(kernelOf(s).migrations.task.get(m)),
  },
  show: (m, s) => {
    const { migrations } = kernelOf(s);
    const row = m as MigrationRow;
    if (isFreed(migrations.table, m)) return FREED;
    if (migrations.vma.get(row) !== 0) {
      const [start, end] = [migrations.start.get(row), migrations.end.get(row)];
      return `migration of ${nameOfSpan(s.world, ownerOfMigration(s, row), start, end)}`;
    }
    const owner = migrations.owner.get(row);
    const many = (elementsFrom(migrations.head.get(row), s) as readonly Value[]).length;
    const what = `migration of ${counted(many, 'page', 'pages')}`;
    return owner === 0 ? what : `${what} of ${deviceName(s.world, owner as DeviceRow)}`;
  },
});

// ------------------------------------------------------------------------------------------------ ranges, faults

export const HMM_RANGE: SceneType = thing('hmm-range', {
  members: {
    start: (range, s) => vaOf(kernelOf(s).devices.rangeStart.get(range) as Vpn),
    end: (range, s) => vaOf(kernelOf(s).devices.rangeEnd.get(range) as Vpn),
    valid: (range, s) => kernelOf(s).devices.rangeValid.get(range) !== 0,
  },
  show: (range, s) => {
    const { devices } = kernelOf(s);
    if (isFreed(devices.ranges, range)) return FREED;
    const row = range as RangeRow;
    const process = processOfMm(s, devices.rangeMm.get(row) as MmRow);
    const span = nameOfSpan(s.world, process, devices.rangeStart.get(row), devices.rangeEnd.get(row));
    return devices.rangeValid.get(row) !== 0 ? span : `${span}, invalidated`;
  },
});

export const DEVICE_FAULT: SceneType = thing('device-fault', {
  members: {
    address: (fault, s) => vaOf(kernelOf(s).devices.faultVpn.get(fault) as Vpn),
    device: (fault, s) => kernelOf(s).devices.mirrorDevice.get(kernelOf(s).devices.faultMirror.get(fault)),
    process: (fault, s) => kernelOf(s).devices.mirrorProcess.get(kernelOf(s).devices.faultMirror.get(fault)),
    write: (fault, s) => kernelOf(s).devices.faultWrite.get(fault) !== 0,
    since: (fault, s) => kernelOf(s).devices.faultSince.get(fault),
  },
  show: (fault, s) => {
    const { devices } = kernelOf(s);
    const row = fault as number;
    if (isFreed(devices.faults, row)) return FREED;
    const process = devices.mirrorProcess.get(devices.faultMirror.get(row)) as ProcessRow;
    const access = devices.faultWrite.get(row) !== 0 ? 'write' : 'read';
    const where = showPlace(s, process, devices.faultVpn.get(row));
    return `${access} of ${where} for ${processName(s.world, process)}`;
  },
});
