/** The readable log: one line for each thing worth telling, indented by nesting. */

import type { TaskRow } from '../engine/machine/ids';
import type { EventName } from '../engine/routine/event-schema';
import type { Run, StatementInfo } from '../program';
import { taskName } from '../view/environment';
import { Nesting, opens } from './event-tree';
import { resultWords } from './result';
import { enterWords, isShown, type Level, leaveWords } from './words';

const INDENT = '  ';
const TEXT_COLUMN = 56;

/** An event that is open: whether it has a line, and where its indentation stands. */
interface Open {
  readonly shown: boolean;
}

export class Log {
  #lines = 0;
  #hidden = 0;
  readonly #nesting = new Nesting<Open>();
  /** Statements that have begun and have no line yet: one without events gets its result on the same line. */
  readonly #pending = new Map<TaskRow, { readonly statement: StatementInfo; readonly time: number }>();
  readonly #depths = new Map<TaskRow, number>();

  constructor(
    readonly run: Run,
    readonly level: Level,
    readonly mostLines: number,
    readonly write: (text: string) => void,
  ) {}

  /** Lines that were not written because there were too many. */
  get hidden(): number {
    return this.#hidden;
  }

  see(task: TaskRow, name: EventName, leave: boolean, args: readonly number[]): void {
    if (name === 'statement') this.#begin(task, args[0] ?? 0);
    else if (name === 'result') this.#result(task, args);
    else if (name === 'print') this.#print(task);
    else if (name === 'expect_failed') this.#failure(args);
    else if (leave) this.#leave(task, name, args);
    else this.#enter(task, name, args);
  }

  #begin(task: TaskRow, index: number): void {
    this.#flush();
    const statement = this.run.program.statements[index];
    if (statement === undefined || this.level === 'quiet' || statement.statement.kind === 'expect') return;
    this.#pending.set(task, { statement, time: this.run.kernel.time });
  }

  /** Writes the lines of statements that have begun, in their order. */
  #flush(): void {
    for (const [task, { statement, time }] of this.#pending) this.#statement(task, statement, time, '');
    this.#pending.clear();
  }

  #statement(task: TaskRow, statement: StatementInfo, time: number, result: string): void {
    const { line } = statement.position;
    const text = result === '' ? statement.text : `${statement.text.padEnd(TEXT_COLUMN)} → ${result}`;
    this.#line(time, `${taskName(this.run.world, task)}:${line}  ${text}`);
  }

  #result(task: TaskRow, args: readonly number[]): void {
    if (this.level === 'quiet') return;
    const words = resultWords(this.run, task, args);
    const pending = this.#pending.get(task);
    if (pending !== undefined) {
      this.#pending.delete(task);
      this.#statement(task, pending.statement, pending.time, words);
    } else if (words !== '') this.#line(this.run.kernel.time, `${INDENT}→ ${words}`);
  }

  #enter(task: TaskRow, name: EventName, args: readonly number[]): void {
    const shown = isShown(name, this.level);
    if (shown) {
      this.#flush();
      const words = enterWords(this.run.world, name, args, task);
      this.#line(this.run.kernel.time, this.#indent(task) + words);
    }
    if (!opens(name)) return;
    this.#nesting.enter(task, { shown });
    if (shown) this.#depths.set(task, (this.#depths.get(task) ?? 0) + 1);
  }

  #leave(task: TaskRow, name: EventName, args: readonly number[]): void {
    const open = this.#nesting.leave(task);
    if (open?.shown !== true) return;
    const words = leaveWords(this.run.world, name, args, task);
    if (words !== '') this.#line(this.run.kernel.time, `${this.#indent(task)}→ ${words}`);
    this.#depths.set(task, (this.#depths.get(task) ?? 1) - 1);
  }

  #indent(task: TaskRow): string {
    return INDENT.repeat(1 + (this.#depths.get(task) ?? 0));
  }

  #print(task: TaskRow): void {
    this.#flush();
    this.write(`${taskName(this.run.world, task)}: ${this.run.report.printed()}\n`);
  }

  #failure([statement = 0, expectation = 0]: readonly number[]): void {
    this.#flush();
    if (this.level === 'quiet') return;
    this.#line(this.run.kernel.time, `${INDENT}FAILED: ${this.run.expectation(statement, expectation)}`);
  }

  /** An invariant has broken. */
  broken(_id: string, text: string): void {
    this.#flush();
    this.#line(this.run.kernel.time, `${INDENT}BROKEN: ${text}`);
  }

  #line(time: number, text: string): void {
    if (this.#lines >= this.mostLines) {
      this.#hidden++;
      return;
    }
    this.#lines++;
    this.write(`${String(time).padStart(7)}  ${text}\n`);
  }

  /** Writes what is still held back. */
  end(): void {
    this.#flush();
    if (this.#hidden > 0) this.write(`         … ${this.#hidden} more lines (--max-lines)\n`);
  }
}
