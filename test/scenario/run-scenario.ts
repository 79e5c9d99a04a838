import { TaskState } from '../../src/engine/machine/tasks';
import type { EventName } from '../../src/engine/routine/event-schema';
import type { Stop } from '../../src/engine/time/stop';
import { buildRun, compileScenario, type Program, type Run } from '../../src/program';
import { taskName } from '../../src/view/environment';

/** A result as tests compare it. */
interface Result {
  readonly text: string;
  readonly task: string;
  readonly ret: number;
  readonly errno: number;
  readonly signal: number;
  readonly data: readonly number[];
}

export interface Ran {
  readonly run: Run;
  readonly stop: Stop;
  readonly results: readonly Result[];
  /** `line: message` of each expectation that failed. */
  readonly failures: readonly string[];
  readonly printed: readonly string[];
  readonly events: readonly { readonly name: EventName; readonly args: readonly number[] }[];
}

export function programOf(text: string, profile = '6.12'): Program {
  const { program, diagnostics } = compileScenario(text, 'test.hmm', { profile });
  if (program === undefined)
    throw new Error(diagnostics.map(({ start, message }) => `${start.line}: ${message}`).join('\n'));
  return program;
}

/** What compiling a text reports, as `line:column: message`. */
export function problemsOf(text: string, profile = '6.12'): string[] {
  const { diagnostics } = compileScenario(text, 'test.hmm', { profile });
  return diagnostics.map(({ start, message }) => `${start.line}:${start.column}: ${message}`);
}

/** Runs a scenario to its end, or to 1,000,000 steps. */
export function runText(text: string, profile = '6.12'): Ran {
  const run = buildRun(programOf(text, profile));
  const results: Result[] = [];
  const failures: string[] = [];
  const printed: string[] = [];
  const events: { name: EventName; args: readonly number[] }[] = [];
  run.kernel.events.observer = (task, name, leave, args) => {
    const statement = run.program.statements[args[0] ?? -1];
    if (!leave) events.push({ name, args: [...args] });
    if (name === 'result') {
      const [, ret = 0, errno = 0, signal = 0, , , , , ...data] = args;
      results.push({
        text: statement?.text ?? '',
        task: taskName(run.world, task),
        ret,
        errno,
        signal,
        data,
      });
    } else if (name === 'expect_failed')
      failures.push(`${statement?.position.line}: ${run.expectation(args[0] ?? -1, args[1] ?? 0)}`);
    else if (name === 'print') printed.push(run.report.printed());
  };
  const stop = run.interpreter.run(1_000_000, false);
  return { run, stop, results, failures, printed, events };
}

/** Statements in a process that has one device, of which nothing is expected to fail. Returns what was printed. */
export function printedBy(statements: string, profile = '6.12'): readonly string[] {
  const { failures, printed, stop } = runText(
    `device gpu0 private 64MiB\nprocess app {\n${statements}\n}\n`,
    profile,
  );
  if (failures.length > 0 || stop !== 'end') throw new Error([stop, ...failures].join('\n'));
  return printed;
}

/** Whether every task of every process has ended; the kernel's workers never do. */
export const allExited = ({ kernel: { tasks } }: Run): boolean =>
  [...tasks.tasks.rows()].every(
    (task) => tasks.process.get(task) === 0 || tasks.state.get(task) === TaskState.Exited,
  );
