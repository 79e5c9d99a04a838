/** Events in the kernel's words, one line each. */

import { FaultFlag } from '../engine/kernel/constants';
import { RULES } from '../engine/kernel/refusals';
import { HOLD_NAMES, type HoldKind } from '../engine/machine/holds';
import type { DeviceRow, PageRow, ProcessRow, TaskRow } from '../engine/machine/ids';
import type { EventName } from '../engine/routine/event-schema';
import { signalName } from '../language/signals';
import {
  deviceName,
  processName,
  refusalOf,
  refusalWords,
  showErrno,
  showHex,
  showNotify,
  showPage,
  showVmFault,
  type World,
} from '../view/environment';
import { kernelName } from '../view/kernel-names';
import { named } from './event-tree';
import { processOf, showPages, showVa, showVpn } from './places';

/** How much of what happens is shown. */
export const LEVELS = ['quiet', 'statements', 'events', 'all'] as const;
export type Level = (typeof LEVELS)[number];

type Args = Readonly<Record<string, number>>;
/** `raw` has what has no name, too. */
type Words = (world: World, args: Args, task: TaskRow, raw: readonly number[]) => string;

interface Shown {
  readonly level: 'events' | 'all';
  readonly enter: Words;
  /** What came of it; empty: nothing worth a line. */
  readonly leave?: Words;
}

const get = (args: Args, name: string): number => args[name] ?? 0;
const here = (world: World, args: Args, task: TaskRow): string =>
  showVpn(world, processOf(world, task), get(args, 'vpn'));
const range = (world: World, args: Args, task: TaskRow): string =>
  showPages(world, processOf(world, task), get(args, 'vpn'), get(args, 'pages'));
const page = (world: World, args: Args): string => showPage(world, get(args, 'page') as PageRow);
const device = (world: World, args: Args): string => deviceName(world, get(args, 'device') as DeviceRow);
const counts = (args: Args): string => `refcount ${get(args, 'refcount')}, mapcount ${get(args, 'mapcount')}`;

/** `buf[1] stays: refcount 1026, expected 2 (migrate_vma_check_page)` */
function refused(world: World, args: readonly number[]): string {
  const refusal = refusalOf(args);
  const { process, vpn, page: row, rule } = refusal;
  const what = process !== 0 ? showVpn(world, process, vpn) : row !== 0 ? showPage(world, row) : 'the range';
  return `${what} stays: ${refusalWords(world, refusal)} (${RULES[rule]})`;
}

const vmFault: Words = (_, args) => (get(args, 'ret') === 0 ? '' : showVmFault(get(args, 'ret')));
const errno: Words = (_, args) => (get(args, 'ret') < 0 ? showErrno(get(args, 'ret')) : '');
const reclaimed: Words = (_, args) => `${get(args, 'reclaimed')} pages reclaimed`;

/** Flags of a fault that tell one from another; the others are those of every fault of a program. */
const TELLING: readonly (readonly [string, number])[] = [
  ['WRITE', FaultFlag.Write],
  ['TRIED', FaultFlag.Tried],
  ['REMOTE', FaultFlag.Remote],
  ['UNSHARE', FaultFlag.Unshare],
  ['USER', FaultFlag.User],
  ['VMA_LOCK', FaultFlag.VmaLock],
];

function showFlags(flags: number): string {
  const words = TELLING.filter(([, bit]) => (flags & bit) !== 0).map(([word]) => word);
  return `flags ${showHex(flags)}${words.length === 0 ? '' : ` (${words.join('|')})`}`;
}

const fault = (name: string, level: Shown['level']): Shown => ({
  level,
  enter: (world, args, task) =>
    `${name} ${here(world, args, task)}${level === 'events' ? `, ${showFlags(get(args, 'flags'))}` : ''}`,
  leave: vmFault,
});

const migration = (name: string): Shown => ({
  level: 'events',
  enter: (world, args, task) => `${name} ${range(world, args, task)}`,
  leave: (world, args, task, raw) =>
    'cpages' in args && errno(world, args, task, raw) === ''
      ? `cpages ${get(args, 'cpages')}`
      : errno(world, args, task, raw),
});

/** Events of a whole device: no address space. */
const ofDevice = (name: string): Shown => ({
  level: 'events',
  enter: (world, args) => `${name} ${device(world, args)}`,
});

const entry = (name: string): Shown => ({
  level: 'all',
  enter: (world, args) =>
    `${name} ${showVpn(world, get(args, 'process') as ProcessRow, get(args, 'vpn'))}: ${page(world, args)}`,
});

const aboutPage = (name: EventName, level: Shown['level']): Shown => ({
  level,
  enter: (world, args) => `${kernelName(world.kernel.profile, name)} ${page(world, args)}, ${counts(args)}`,
});

const SHOWN: Partial<Record<EventName, Shown>> = {
  handle_mm_fault: fault('handle_mm_fault', 'events'),
  do_anonymous_page: fault('do_anonymous_page', 'all'),
  do_swap_page: fault('do_swap_page', 'all'),
  do_wp_page: fault('do_wp_page', 'all'),
  wp_page_copy: fault('wp_page_copy', 'all'),
  do_fault: fault('do_fault', 'all'),
  remove_device_exclusive_entry: fault('remove_device_exclusive_entry', 'events'),
  migrate_to_ram: {
    level: 'events',
    enter: (world, args, task) =>
      `${kernelName(world.kernel.profile, 'migrate_to_ram')} ${here(world, args, task)}: ${page(world, args)}, ${counts(args)}`,
    leave: vmFault,
  },
  page_free: aboutPage('page_free', 'events'),
  zone_device_page_init: aboutPage('zone_device_page_init', 'all'),
  migrate_vma_collect: { ...migration('migrate_vma_collect'), level: 'all' },
  migrate_vma_prepare: { ...migration('migrate_vma_prepare'), level: 'all' },
  migrate_vma_unmap: { ...migration('migrate_vma_unmap'), level: 'all' },
  migrate_vma_setup: migration('migrate_vma_setup'),
  migrate_vma_pages: migration('migrate_vma_pages'),
  migrate_vma_finalize: migration('migrate_vma_finalize'),
  alloc_and_copy: {
    level: 'all',
    enter: (world, args, task) =>
      `alloc_and_copy ${here(world, args, task)} ${get(args, 'toRam') ? 'to system memory' : `to ${device(world, args)}`}`,
  },
  finalize_and_map: {
    level: 'all',
    enter: (world, args, task) => `finalize_and_map ${here(world, args, task)}`,
  },
  migrate_device_range: ofDevice('migrate_device_range'),
  migrate_device_pages: ofDevice('migrate_device_pages'),
  migrate_device_finalize: ofDevice('migrate_device_finalize'),
  set_migration_pte: entry('set_migration_pte'),
  remove_migration_pte: entry('remove_migration_pte'),
  invalidate: {
    level: 'events',
    enter: (world, args) => {
      const process = get(args, 'process') as ProcessRow;
      const pages = get(args, 'end') - get(args, 'vpn');
      const where = showPages(world, process, get(args, 'vpn'), pages);
      return `invalidate ${device(world, args)}'s mirror of ${processName(world, process)}: ${where} (${showNotify(get(args, 'event'))})`;
    },
  },
  hmm_range_fault: {
    level: 'events',
    enter: (world, args, task) => `hmm_range_fault ${range(world, args, task)} for ${device(world, args)}`,
    leave: errno,
  },
  stale_translation: {
    level: 'events',
    enter: (world, args, task) =>
      `CPU ${get(args, 'cpu')} ${get(args, 'write') === 0 ? 'reads' : 'writes'} ${here(world, args, task)} by a translation that its page table no longer has: ${page(world, args)}`,
  },
  device_map: {
    level: 'all',
    enter: (world, args) => {
      const process = get(args, 'process') as ProcessRow;
      return `${device(world, args)} maps ${showPages(world, process, get(args, 'vpn'), get(args, 'pages'))}`;
    },
  },
  device_fault: {
    level: 'events',
    enter: (world, args) =>
      `${device(world, args)} faults: ${get(args, 'write') === 0 ? 'read' : 'write'} ${showVpn(world, get(args, 'process') as ProcessRow, get(args, 'vpn'))}, into its fault buffer`,
  },
  make_device_exclusive: {
    level: 'events',
    enter: (world, args, task) =>
      `make_device_exclusive ${range(world, args, task)} for ${device(world, args)}`,
    leave: errno,
  },
  refused: {
    level: 'all',
    enter: (world, _args, _task, raw) => refused(world, raw),
  },
  refcount: {
    level: 'all',
    enter: (world, args) => {
      const hold = HOLD_NAMES[get(args, 'hold') as HoldKind];
      return `refcount ${get(args, 'count')} (${get(args, 'delta') > 0 ? '+' : ''}${get(args, 'delta')} ${hold}): ${page(world, args)}`;
    },
  },
  signal: {
    level: 'events',
    enter: (world, args) => {
      const process = get(args, 'process') as ProcessRow;
      const at = showVa(world, process, get(args, 'va'));
      return `${signalName(get(args, 'signal'))} (code ${get(args, 'code')}) to ${processName(world, process)} at ${at}`;
    },
  },
  oom: {
    level: 'events',
    enter: (world, args) => `out of memory in ${processName(world, get(args, 'process') as ProcessRow)}`,
  },
  balance_pgdat: {
    level: 'events',
    enter: (_, args) => `balance_pgdat of node ${get(args, 'node')}`,
    leave: reclaimed,
  },
  try_to_free_pages: { level: 'events', enter: () => 'try_to_free_pages', leave: reclaimed },
  exit: {
    level: 'events',
    enter: (world, args) => {
      const signal = get(args, 'signal');
      const how = signal === 0 ? `exit code ${get(args, 'code')}` : signalName(signal);
      return `${processName(world, get(args, 'process') as ProcessRow)} has ended: ${how}`;
    },
  },
};

const numberOf = (level: Level): number => LEVELS.indexOf(level);

/** Whether an event has a line at a level. */
export function isShown(name: EventName, level: Level): boolean {
  const shown = SHOWN[name];
  return shown !== undefined && numberOf(shown.level) <= numberOf(level);
}

/** The line of an event that begins. */
export function enterWords(world: World, name: EventName, args: readonly number[], task: TaskRow): string {
  return SHOWN[name]?.enter(world, named(name, false, args), task, args) ?? name;
}

/** What came of an event that ends; empty where that is not worth a line. */
export function leaveWords(world: World, name: EventName, args: readonly number[], task: TaskRow): string {
  return SHOWN[name]?.leave?.(world, named(name, true, args), task, args) ?? '';
}
