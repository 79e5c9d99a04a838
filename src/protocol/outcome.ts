/** A line of the scenario with what is to be said about it. */
export interface OutcomeLine {
  /** Line and column of the statement, from 1. */
  line: number;
  column: number;
  message: string;
}

/** An expectation that did not hold. */
interface FailedExpectation extends OutcomeLine {
  /** Time of the step that checked it. */
  time: number;
  task: string;
}

/** A statement that expects something. */
export interface StatementOutcome {
  line: number;
  column: number;
  state: 'held' | 'failed' | 'not reached';
}

/** Body of the event `hmm/outcome`, sent where a run ends: what it came to, with the counts of the command line. */
export interface RunOutcome {
  /** Path of the scenario. */
  program: string;
  /** Name of the profile it ran under. */
  profile: string;
  /** Steps that ran. */
  steps: number;
  /** Expectations that were checked, and those of them that did not hold. */
  checked: number;
  failed: number;
  /** The first of those that failed, in the order of time; at most 100. */
  failures: FailedExpectation[];
  /** Expectations that were never reached because a signal ended their process, by the statement that it came in. */
  lost: OutcomeLine[];
  /** Invariants that broke. */
  broken: number;
  /** What the kernel has not given back though nobody uses it any more, in sentences. */
  leaks: string[];
  /** Why the run got nowhere; absent where it ran to its end. */
  problem?: string;
  /** Every statement of the profile that expects something, in the order of the text. */
  statements: StatementOutcome[];
}

const some = (n: number, what: string): string => `${n} ${what}${n === 1 ? '' : 's'}`;

/** Whether a run failed, as the command line's exit code says. */
export function hasFailed({ failed, broken, lost, problem }: RunOutcome): boolean {
  return failed > 0 || broken > 0 || lost.length > 0 || problem !== undefined;
}

/** `2 of 3 expectations failed`, `all 3 expectations held`, `2 expectations held; the run got nowhere` */
export function outcomeWords(outcome: RunOutcome): string {
  const { checked, failed, broken, lost, problem } = outcome;
  const held = checked - Math.min(failed, checked);
  const words = [
    ...(failed > 0 ? [`${failed} of ${some(Math.max(checked, failed), 'expectation')} failed`] : []),
    ...(broken > 0 ? [`${some(broken, 'invariant')} broke`] : []),
    ...(lost.length > 0 ? ['some expectations were not reached'] : []),
    ...(problem !== undefined ? ['the run got nowhere'] : []),
  ];
  if (words.length === 0)
    return checked === 0 ? 'nothing was expected' : `all ${some(checked, 'expectation')} held`;
  return failed > 0 ? words.join(', ') : [`${some(held, 'expectation')} held`, ...words].join(', ');
}
