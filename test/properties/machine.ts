/** Runs of random scenarios, and what must be true of them. */

import { pages_in_use } from '../../src/engine/drivers/device_memory';
import { dmirror } from '../../src/engine/drivers/dmirror';
import { Checker, sentence, type Violation } from '../../src/engine/invariants';
import { is_device_private } from '../../src/engine/kernel/mm/swap/page_ref';
import { lru_add_drain_cpu } from '../../src/engine/kernel/mm/swap/swap';
import { Hold } from '../../src/engine/machine/holds';
import type { DeviceRow, PageRow } from '../../src/engine/machine/ids';
import { Pg } from '../../src/engine/machine/pages';
import { TaskState, Wait } from '../../src/engine/machine/tasks';
import type { Kernel } from '../../src/engine/routine/kernel';
import { buildRun, compileScenario, type Run } from '../../src/program';

/** A run has ended long before, unless it never ends. */
export const MOST_STEPS = 200_000;

export function runOf(text: string): Run {
  const { program, diagnostics } = compileScenario(text, 'random.hmm');
  if (program === undefined)
    throw new Error(diagnostics.map(({ start, message }) => `${start.line}: ${message}`).join('\n'));
  return buildRun(program);
}

/** Hashes of the machine at rising times, from one run straight through; times past the end are left out. */
export function hashesStraight(text: string, times: readonly number[]): Map<number, number> {
  const { interpreter, kernel } = runOf(text);
  const hashes = new Map<number, number>();
  for (const time of times) {
    interpreter.run(time, false);
    if (kernel.time < time) break;
    hashes.set(time, kernel.store.hash());
  }
  return hashes;
}

export function lengthOf(text: string): number {
  const { interpreter, kernel } = runOf(text);
  interpreter.run(MOST_STEPS, false);
  return kernel.time;
}

/**
 * The kernel's own test driver puts a device page itself into the device's table when hmm_range_fault reports one, and
 * crashes on the access. We follow it as far as the entry.
 */
function isKnownDefect(kernel: Kernel, { invariant, involved }: Violation): boolean {
  const { page } = involved;
  return invariant.number === 24 && page !== undefined && is_device_private(kernel, page);
}

export interface Checked {
  readonly run: Run;
  readonly stop: string;
  readonly broken: readonly string[];
  readonly violations: readonly Violation[];
}

/** Hears of waits that are said to have no end, beside whoever listens already. */
function hearAlarms({ kernel: { events } }: Run): string[] {
  const alarms: string[] = [];
  const { observer } = events;
  events.observer = (task, name, leave, args) => {
    observer?.(task, name, leave, args);
    if (name === 'deadlock' || name === 'never_wakes') alarms.push(`${name} ${args.join(' ')}`);
  };
  return alarms;
}

/** Runs to the end with the invariants on. `plant` may change the run before. A false alarm counts as broken. */
export function runChecked(text: string, plant?: (run: Run) => void, mostSteps = MOST_STEPS): Checked {
  const run = runOf(text);
  plant?.(run);
  const checker = new Checker(run.interpreter);
  const alarms = hearAlarms(run);
  const stop = run.interpreter.run(mostSteps, false);
  checker.finish();
  const violations = checker.violations.filter((violation) => !isKnownDefect(run.kernel, violation));
  const broken = violations.map((violation) => `${violation.time} ${sentence(violation)}`);
  if (stop === 'end') broken.push(...alarms);
  return { run, stop, broken, violations };
}

function freePages(k: Kernel): number {
  let free = 0;
  for (const zone of k.zones.rows()) free += k.zones.free.get(zone);
  return free;
}

function tablePages(k: Kernel): number {
  let pages = 0;
  for (const zone of k.zones.rows()) pages += k.zones.pageTablePages.get(zone);
  return pages;
}

/** Pages of system memory that are free before a process has begun; its first tables count as free. */
export const freeAtStart = ({ kernel }: Run): number => freePages(kernel) + tablePages(kernel);

/** 4.14 never frees an address space that had a mirror, nor its top table. All else of it is gone. */
const isKept = ({ profile, mm }: Kernel, row: number): boolean =>
  profile.notifiersKeepMm && mm.hasNotifiers.get(row) !== 0 && mm.firstVma.get(row) === 0;

/** Pages that outlive every process on purpose: what is pinned, and the page cache of files. The hugetlb pool was never free. */
function keptPages({ pages, holds }: Kernel): number {
  const kept = (page: PageRow): boolean =>
    !pages.has(pages.folio(page), Pg.HugeTlb) &&
    [Hold.Pin, Hold.Gup, Hold.PageCache].some((kind) => holds.has(page, kind));
  return [...pages.rows()].filter((page) => kept(page as PageRow)).length;
}

/** What a finished run has not given back, in words. */
export function leaks({ kernel: k }: Run, free: number): string[] {
  const found: string[] = [];
  for (let cpu = 0; cpu < k.cpus; cpu++) lru_add_drain_cpu(k, cpu);
  const held = keptPages(k);
  const kept = [...k.mm.mms.rows()].filter((mm) => isKept(k, mm));
  if (freePages(k) + held + kept.length !== free)
    found.push(`${free} pages should be free, ${freePages(k)} are, and ${held} are pinned or of files`);
  for (const device of k.devices.devices.rows()) {
    const used = pages_in_use(k, dmirror, device as DeviceRow);
    if (used !== 0) found.push(`device ${device} has ${used} pages in use`);
  }
  for (const row of k.mm.mms.rows()) if (!kept.includes(row)) found.push(`address space ${row} is left`);
  for (const row of k.migrations.table.rows()) found.push(`migration ${row} is left`);
  return found;
}

/** A task has come to what is not modelled, and stays there with all that it holds. */
export function isHalted({ kernel: { tasks } }: Run): boolean {
  for (const task of tasks.tasks.rows())
    if (tasks.state.get(task) === TaskState.Blocked && tasks.wait.get(task) === Wait.Halted) return true;
  return false;
}

/**
 * A task waits for every CPU's worker to empty its batch of pages while another one keeps a CPU for itself: a livelock
 * that kernels have.
 */
export function starves({ kernel: { tasks } }: Run): boolean {
  for (const task of tasks.tasks.rows())
    if (tasks.state.get(task) === TaskState.Blocked && tasks.wait.get(task) === Wait.LruDrain) return true;
  return false;
}
