/** Why pages stayed where they are, in words: the rule, its numbers, and who held the page. */

import { LOCK_HOLDER, RULE_NAMES, RULES, type Rule } from '../../engine/kernel/refusals';
import { HOLD_NAMES, Hold, type HoldKind } from '../../engine/machine/holds';
import type { DeviceRow, PageRow, ProcessRow, TaskRow } from '../../engine/machine/ids';
import { KIND_NAMES, type PteKind } from '../../engine/machine/pte';
import type { Event } from '../../engine/routine/events';
import { allOf } from '../../language/suggest';
import { showErrno } from './format';
import { showMemoryType } from './pages';
import { deviceName, processName, taskName, type World } from './scene';

/** A refusal as it was logged. */
export interface Refusal {
  readonly rule: Rule;
  /** 0 where no address is known. */
  readonly process: ProcessRow;
  readonly vpn: number;
  readonly page: PageRow;
  readonly found: number;
  readonly wanted: number;
  readonly holders: readonly { readonly kind: number; readonly who: number }[];
}

/** A `refused` event's arguments as what they mean. */
export function refusalOf(args: readonly number[]): Refusal {
  const [rule = 0, process = 0, vpn = 0, page = 0, found = 0, wanted = 0, ...rest] = args;
  const holders = [];
  for (let i = 0; i + 1 < rest.length; i += 2) holders.push({ kind: rest[i] ?? 0, who: rest[i + 1] ?? 0 });
  return {
    rule: RULE_NAMES[rule] ?? 'special_page',
    process: process as ProcessRow,
    vpn,
    page: page as PageRow,
    found,
    wanted,
    holders,
  };
}

const counted = ({ found, wanted }: Refusal): string => `refcount ${found}, expected ${wanted}`;
const device = (world: World, row: number): string => deviceName(world, row as DeviceRow);
const memory = (type: number): string => (type === 0 ? 'system memory' : `${showMemoryType(type)} memory`);
const locked = ({ holders }: Refusal, world: World): string => {
  const owner = holders.find(({ kind }) => kind === LOCK_HOLDER)?.who ?? 0;
  return owner === 0 ? 'it is locked' : `it is locked by ${taskName(world, owner as TaskRow)}`;
};

const WORDS: Readonly<Record<Rule, (of: Refusal, world: World) => string>> = {
  file_hole: () => 'nothing is mapped there, and holes of file mappings do not migrate',
  zero_page: () => 'the shared zero page is there, and the migration does not take system memory',
  entry_kind: ({ found }) =>
    `there is no page to take: a ${KIND_NAMES[found as PteKind] ?? 'special'} entry is there`,
  special_page: () => 'a page that a driver or the kernel has put there does not migrate',
  large_folio: () => 'it is part of a folio of many pages',
  not_selected: ({ found }) => `it is ${memory(found)}, which the migration does not take`,
  other_owner: ({ found, wanted }, world) =>
    `it belongs to ${device(world, found)}, and the migration takes pages of ${device(world, wanted)}`,
  locked,
  may_be_pinned: ({ found }) => `refcount ${found}: from 1024 on it may be pinned`,
  not_split: ({ found }) => `the huge page could not be split: ${showErrno(found)}`,
  not_on_lru: () => 'it is on no LRU list',
  still_mapped: ({ found }) => `${found} ${found === 1 ? 'entry maps' : 'entries map'} it still`,
  foreign_reference: counted,
  reference_taken: counted,
  no_destination: () => 'the driver gave no page to move to',
  file_page: () => 'it belongs to a file, and only anonymous pages become device memory',
  swap_cache: () => 'it is in the swap cache',
  wrong_target: () => 'it can not become memory of this kind',
  file_hole_insert: () => 'a hole of a file mapping can not be filled by a migration',
  hole_filled: () => 'somebody has filled the hole meanwhile',
  no_memory: () => 'there is no memory for a page table or an anon_vma, or its memory cgroup is full',
  device_full: ({ found, wanted }, world) => `none of the ${wanted} pages of ${device(world, found)} is free`,
  system_full: () => 'no page of system memory is to be had',
  fail_alloc: ({ found }, world) => `${device(world, found)} was told to fail alloc`,
  fail_copy: ({ found }, world) => `${device(world, found)} was told to fail copy`,
  bad_range: () => 'the range is no ordinary memory of one mapping',
  exclusive_file: () => 'it belongs to a file, and only anonymous memory can be a device’s alone',
  exclusive_not_anon: () => 'it belongs to a file, and only anonymous memory can be a device’s alone',
  exclusive_tail: () => 'it is inside a folio of many pages',
  exclusive_locked: locked,
  mlocked: () => 'it is locked in memory (mlock)',
  reclaim_locked: locked,
  no_swap: () => 'there is no room in swap',
  reclaim_mapped: ({ found }) => `${found} ${found === 1 ? 'entry maps' : 'entries map'} it still`,
  reclaim_held: counted,
};

/** When a reference that is still held was taken. */
function takenAt(world: World, page: PageRow, kind: number, who: number): Event | undefined {
  const { events, time } = world.kernel;
  for (const event of events.backwards(time + 1, ['refcount'], [page])) {
    const [of, delta = 0, , hold, holder] = event.args;
    if (of === page && hold === kind && holder === who) return delta > 0 ? event : undefined;
  }
  return undefined;
}

/** Line of the statement that the task was in at that time. */
export function lineAt(world: World, task: TaskRow, time: number): number | undefined {
  for (const { task: by, args } of world.kernel.events.backwards(time + 1, ['statement']))
    if (by === task) return world.lines?.[args[0] ?? -1];
  return undefined;
}

function since(world: World, page: PageRow, kind: number, who: number): string {
  const taken = takenAt(world, page, kind, who);
  if (taken === undefined) return '';
  const line = lineAt(world, taken.task, taken.time);
  const owner = processName(world, world.kernel.tasks.processOf(taken.task));
  return ` of ${owner} since step ${taken.time}${line === undefined ? '' : ` (line ${line})`}`;
}

function holder(world: World, page: PageRow, kind: number, who: number): string {
  const { kernel: k, names } = world;
  switch (kind) {
    case Hold.Pin:
    case Hold.Gup: {
      const name = names.pins[k.pins.name.get(who)];
      return `${name === undefined || name === '' ? 'a pin' : `pin ${name}`}${since(world, page, kind, who)}`;
    }
    case Hold.Collect:
    case Hold.Isolate:
      return `a migration of ${taskName(world, k.migrations.task.get(who) as TaskRow)}`;
    case Hold.Fault:
      return `a fault of ${taskName(world, who as TaskRow)}`;
    case Hold.Walk:
    case Hold.TlbGather:
    case Hold.Reclaim:
      return `${HOLD_NAMES[kind]} of ${taskName(world, who as TaskRow)}`;
    case Hold.Driver:
      return who === 0 ? 'other code of the kernel (get_page)' : `the driver of ${device(world, who)}`;
    case Hold.LruBatch:
      return `${HOLD_NAMES[kind]} of CPU ${who}`;
    default:
      return HOLD_NAMES[kind as HoldKind];
  }
}

/** `refcount 1026, expected 2; held by pin p of app since step 209 (line 6)`. */
export function refusalWords(world: World, refusal: Refusal): string {
  const words = WORDS[refusal.rule](refusal, world);
  const { page, holders } = refusal;
  const held = new Set(
    holders.flatMap(({ kind, who }) => (kind === LOCK_HOLDER ? [] : [holder(world, page, kind, who)])),
  );
  return held.size === 0 ? words : `${words}; held by ${allOf([...held])}`;
}

/** What the step before now has refused to a task: by which function, and why. */
export function refusedBefore(world: World, task: TaskRow): { by: string; words: string }[] {
  const { events, time } = world.kernel;
  return [...events.between(time - 1, time)]
    .filter((event) => event.name === 'refused' && event.task === task)
    .map(({ args }) => refusalOf(args))
    .map((refusal) => ({ by: RULES[refusal.rule], words: refusalWords(world, refusal) }));
}

/** Rules of drivers: what they say is more than that the driver gave no page. */
const OF_DRIVERS: ReadonlySet<Rule> = new Set<Rule>([
  'device_full',
  'system_full',
  'fail_alloc',
  'fail_copy',
]);

/** The later of two refusals of one page, unless it only follows from the earlier one. */
export const laterRefusal = (earlier: Refusal | undefined, later: Refusal): Refusal =>
  earlier !== undefined && later.rule === 'no_destination' && OF_DRIVERS.has(earlier.rule) ? earlier : later;

/** Rules that are followed before the page's entry is replaced: nothing is restored afterwards. */
const BEFORE_COLLECTED: ReadonlySet<Rule> = new Set<Rule>([
  'file_hole',
  'zero_page',
  'entry_kind',
  'special_page',
  'large_folio',
  'not_selected',
  'other_owner',
  'locked',
  'may_be_pinned',
  'not_split',
  'bad_range',
]);
export const isRestored = ({ rule }: Refusal): boolean => !BEFORE_COLLECTED.has(rule);
