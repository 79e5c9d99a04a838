/** One line for each thing worth telling that happens while the run goes on; what lies in the future again is told again. */

import type { TaskRow } from '../engine/machine/ids';
import type { EventName } from '../engine/routine/event-schema';
import { taskName } from '../view/environment';
import { beginWords, endWords } from '../view/event-words';
import { DETECTED } from '../view/waits';
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
const FAILURES: ReadonlySet<EventName> = new Set(['expect_failed', 'invariant_broken', ...DETECTED]);

type Args = readonly number[];

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
    const text = leave ? endWords(world, name, task, args) : this.#text(name, task, args);
    if (text === '') return;
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
    const statement = name === 'expect_failed' ? tally?.run.program.statements[args[0] ?? 0] : undefined;
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

  #text(name: EventName, task: TaskRow, args: Args): string {
    const { debuggee } = this;
    const words = beginWords(debuggee.world, name, task, args);
    if (name === 'expect_failed') return debuggee.failure?.() ?? words;
    if (name === 'print') return debuggee.printed?.() ?? words;
    if (name === 'invariant_broken') return debuggee.violation?.(args[0] ?? 0) ?? words;
    return words;
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
