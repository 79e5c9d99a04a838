/** One line for each thing worth telling that happens while the run goes on; what lies in the future again is told again. */

import { FaultFlag } from '../engine/kernel/constants';
import type { DeviceRow, PageRow, ProcessRow, TaskRow, Vpn } from '../engine/machine/ids';
import { vaOf } from '../engine/machine/ids';
import type { EventName } from '../engine/routine/events';
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
  taskName,
  type World,
} from '../view/environment';
import type { CodeMap } from './code-map';
import type { Debuggee } from './debuggee';
import { scenarioLine } from './stack';

export interface TraceLine {
  readonly time: number;
  readonly text: string;
  /** Line of the scenario; 0 for none. */
  readonly line: number;
  /** It tells that something is wrong. */
  readonly isFailure: boolean;
}

/** Of more lines than this only the newest are kept until somebody has taken them. */
const MOST_LINES = 500;
/** Lines that are kept for whoever looks for a moment. */
const MOST_RECORDED = 2000;
const FAILURES: ReadonlySet<EventName> = new Set(['expect_failed', 'invariant_broken']);

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
    `callback ${world.kernel.profile.faultCallback} for ${here(world, task, args, 0)}: ${page(world, args, 1)}, refcount ${at(args, 3)}`,
  page_free: (world, _, args) => `callback page_free: ${page(world, args, 0)}, refcount ${at(args, 2)}`,
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

export class TraceLines {
  #lines: TraceLine[] = [];
  #skipped = 0;
  /** Everything before this time has been told since the session went back last. */
  #toldUntil = 0;
  readonly #recorded: TraceLine[] = [];
  /** Lines that were recorded and are no longer kept. */
  #forgotten = 0;

  constructor(
    readonly debuggee: Debuggee,
    readonly map: CodeMap,
  ) {}

  /** An event that is happening now. */
  see(task: TaskRow, name: EventName, leave: boolean, args: Args): void {
    if (!this.#isNews) return;
    const { world } = this.debuggee;
    const words = leave ? RESULTS[name] : WORDS[name];
    const text = words && this.#text(words, name, task, args);
    if (text === undefined || text === '') return;
    this.#add({
      time: world.kernel.time,
      text: `${world.kernel.time} ${taskName(world, task)}: ${text}`,
      line: this.#line(name, task, args),
      isFailure: FAILURES.has(name),
    });
  }

  /** A failed expectation belongs to its own statement, which the task has left already; all else to where the task is. */
  #line(name: EventName, task: TaskRow, args: Args): number {
    const { world, tally } = this.debuggee;
    const statement = name === 'expect_failed' ? tally?.run.program.statements[at(args, 0)] : undefined;
    return statement?.position.line ?? scenarioLine(world, this.map, task);
  }

  /** Something that is no event and belongs to no line. */
  tell(text: () => string): void {
    if (this.#isNews)
      this.#add({ time: this.debuggee.world.kernel.time, text: text(), line: 0, isFailure: false });
  }

  /** Whether this moment has not been told yet. */
  get #isNews(): boolean {
    return this.debuggee.world.kernel.time >= this.#toldUntil;
  }

  /** What was told on this timeline, in the order of time: the newest of it, also what lies in the future of now. */
  get recorded(): readonly TraceLine[] {
    return this.#recorded;
  }

  get forgotten(): number {
    return this.#forgotten;
  }

  #add(line: TraceLine): void {
    this.#record(line);
    this.#lines.push(line);
    if (this.#lines.length >= 2 * MOST_LINES) this.#drop(MOST_LINES);
  }

  #record(line: TraceLine): void {
    const last = this.#recorded.at(-1)?.time ?? -1;
    const isSame = ({ time, text }: TraceLine): boolean => time === line.time && text === line.text;
    if (line.time < last || (line.time === last && this.#recorded.some(isSame))) return;
    this.#recorded.push(line);
    if (this.#recorded.length < 2 * MOST_RECORDED) return;
    this.#recorded.splice(0, MOST_RECORDED);
    this.#forgotten += MOST_RECORDED;
  }

  /** Lets go of the oldest. */
  #drop(count: number): void {
    this.#lines.splice(0, count);
    this.#skipped += count;
  }

  #text(words: Words, name: EventName, task: TaskRow, args: Args): string {
    const { debuggee } = this;
    if (name === 'expect_failed') return debuggee.failure?.() ?? words(debuggee.world, task, args);
    if (name === 'print' && debuggee.printed) return debuggee.printed();
    if (name === 'invariant_broken')
      return debuggee.violation?.(at(args, 0)) ?? words(debuggee.world, task, args);
    return words(debuggee.world, task, args);
  }

  /** The lines since the last call, and how many more there were. */
  take(): { lines: readonly TraceLine[]; skipped: number } {
    if (this.#lines.length > MOST_LINES) this.#drop(this.#lines.length - MOST_LINES);
    const taken = { lines: this.#lines, skipped: this.#skipped };
    this.#lines = [];
    this.#skipped = 0;
    this.#toldUntil = Math.max(this.#toldUntil, this.debuggee.world.kernel.time);
    return taken;
  }

  /** The session has gone back to `time`: what comes is told again. True where something of it had been told. */
  wentBack(time: number): boolean {
    const had = this.#recorded.some((line) => line.time >= time && line.time < this.#toldUntil);
    this.#toldUntil = Math.min(this.#toldUntil, time);
    return had;
  }

  /** A new timeline begins at `time`. */
  truncate(time: number): void {
    this.#toldUntil = Math.min(this.#toldUntil, time);
    while ((this.#recorded.at(-1)?.time ?? -1) >= time) this.#recorded.pop();
  }
}
