/** What an event is, in a few words for a person. */

import { FaultFlag } from '../engine/kernel/constants';
import type { DeviceRow, PageRow, ProcessRow, TaskRow, Vpn } from '../engine/machine/ids';
import { vaOf } from '../engine/machine/ids';
import type { EventName } from '../engine/routine/event-schema';
import { signalName } from '../language/signals';
import {
  deviceName,
  placeOf,
  processName,
  showAddress,
  showErrno,
  showHex,
  showNotify,
  showPage,
  showVmFault,
  spaceOf,
  type World,
} from './environment';
import { kernelName } from './kernel-names';
import { isDetected, stuckText } from './waits';

type Args = readonly number[];
type Words = (world: World, task: TaskRow, args: Args) => string;

const at = (args: Args, index: number): number => args[index] ?? 0;
const page = (world: World, args: Args, index: number): string => showPage(world, at(args, index) as PageRow);
const device = (world: World, args: Args, index: number): string =>
  at(args, index) === 0 ? 'no device' : deviceName(world, at(args, index) as DeviceRow);

function place(world: World, process: ProcessRow, vpn: number): string {
  const va = vaOf(vpn as Vpn);
  return placeOf(world, process, va) ?? showAddress(va);
}
const here = (world: World, task: TaskRow, args: Args, index: number): string =>
  place(world, spaceOf(world, task), at(args, index));

const count = (pages: number): string => (pages === 1 ? '1 page' : `${pages} pages`);

const migration =
  (name: string): Words =>
  (world, task, args) =>
    `${name} ${here(world, task, args, 0)}, ${count(at(args, 1))}`;

const WORDS: Partial<Record<EventName, Words>> = {
  handle_mm_fault: (world, task, args) =>
    `${(at(args, 1) & FaultFlag.Write) !== 0 ? 'write' : 'read'} fault at ${here(world, task, args, 0)}`,
  migrate_to_ram: (world, task, args) =>
    `callback ${kernelName(world.kernel.profile, 'migrate_to_ram')} for ${here(world, task, args, 0)}: ${page(world, args, 1)}, refcount ${at(args, 3)}`,
  page_free: (world, _, args) =>
    `callback ${kernelName(world.kernel.profile, 'page_free')}: ${page(world, args, 0)}, refcount ${at(args, 2)}`,
  invalidate: (world, _, args) =>
    `callback invalidate of ${device(world, args, 2)}: ${showNotify(at(args, 5))} from ${place(world, at(args, 1) as ProcessRow, at(args, 3))}`,
  migrate_vma_setup: migration('migrate_vma_setup'),
  migrate_vma_pages: migration('migrate_vma_pages'),
  migrate_vma_finalize: migration('migrate_vma_finalize'),
  alloc_and_copy: (world, task, args) =>
    `alloc_and_copy ${here(world, task, args, 0)} ${at(args, 3) === 0 ? `to ${device(world, args, 2)}` : 'to system memory'}`,
  finalize_and_map: (world, task, args) => `finalize_and_map ${here(world, task, args, 0)}`,
  hmm_range_fault: (world, task, args) =>
    `hmm_range_fault ${here(world, task, args, 0)}, ${count(at(args, 1))} for ${device(world, args, 2)}`,
  device_fault: (world, _, args) =>
    `${device(world, args, 0)} faults: ${at(args, 3) === 0 ? 'read' : 'write'} ${place(world, at(args, 1) as ProcessRow, at(args, 2))}, into its fault buffer`,
  make_device_exclusive: migration('make_device_exclusive'),
  migrate_device_range: (world, _, args) =>
    `migrate_device_range ${device(world, args, 0)}, ${count(at(args, 1))}`,
  signal: (world, _, args) =>
    `${signalName(at(args, 1))} (code ${at(args, 2)}) to ${processName(world, at(args, 0) as ProcessRow)} at ${showAddress(at(args, 3))}`,
  oom: (world, _, args) => `out of memory in ${processName(world, at(args, 0) as ProcessRow)}`,
  balance_pgdat: (_, __, args) => `memory of node ${at(args, 0)} is short: balance_pgdat`,
  try_to_free_pages: () => 'no page is free: direct reclaim',
  fork: (world, _, args) => `fork of ${processName(world, at(args, 1) as ProcessRow)}`,
  exit: (world, _, args) =>
    `${processName(world, at(args, 0) as ProcessRow)} ends: ${at(args, 2) === 0 ? `exit code ${at(args, 1)}` : signalName(at(args, 2))}`,
  print: (_, __, args) => String(at(args, 1)),
  expect_failed: () => 'an expectation does not hold',
  invariant_broken: (_, __, args) => `invariant ${showHex(at(args, 0))} is broken`,
};

/** What came of something whose beginning has a line, where that is worth one of its own. */
const fault: Words = (_, __, args) => (at(args, 0) === 0 ? '' : `→ ${showVmFault(at(args, 0))}`);
const errno: Words = (_, __, args) => (at(args, 0) < 0 ? `→ ${showErrno(at(args, 0))}` : '');

const RESULTS: Partial<Record<EventName, Words>> = {
  handle_mm_fault: fault,
  migrate_to_ram: fault,
  migrate_vma_setup: errno,
  hmm_range_fault: errno,
  make_device_exclusive: errno,
};

/** Words for an event that begins; empty where it is not worth any. */
export function beginWords(world: World, name: EventName, task: TaskRow, args: Args): string {
  if (isDetected(name)) return stuckText(world, name, args, task);
  return WORDS[name]?.(world, task, args) ?? '';
}

/** What came of one that ends; empty where that is not worth words. */
export function endWords(world: World, name: EventName, task: TaskRow, args: Args): string {
  return RESULTS[name]?.(world, task, args) ?? '';
}
