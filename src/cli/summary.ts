/** The last lines of a run: what held, what failed and where, and how it ended. */

import { count, type Tally } from '../debugger/tally';
import { leaks, type Run, type StatementInfo } from '../program';
import type { Ending } from './to-the-end';
import type { Watch } from './watch';

export interface Outcome {
  readonly ending: Ending;
  /** What is said of a run that got nowhere. */
  readonly why: string | undefined;
  readonly json: boolean;
  /** The invariants' check, where it is on. */
  readonly watch: Watch | undefined;
}

function endingWords(run: Run, { ending, why }: Outcome): string {
  const { time } = run.kernel;
  switch (ending) {
    case 'end':
      return '';
    case 'deadlock':
      return `it ended in a deadlock at step ${time}. ${why}`;
    case 'stuck':
      return `at step ${time}: ${why}`;
    case 'broken':
      return `it was stopped at step ${time}, where this program is at fault`;
    case 'limit':
      return `it was stopped after ${time} steps and had not ended; --max-steps sets another limit`;
    case 'interrupted':
      return `it was interrupted at step ${time}`;
  }
}

const place = (run: Run, { position }: StatementInfo): string =>
  `${run.program.file}:${position.line}:${position.column}`;

/** The text of the summary, and whether the run failed. */
export function summary(run: Run, tally: Tally, outcome: Outcome): { text: string; failed: boolean } {
  const lost = tally.unreached();
  const problem = endingWords(run, outcome);
  const broken = outcome.watch?.count ?? 0;
  const failed = tally.failed > 0 || broken > 0 || outcome.ending !== 'end' || lost.some((l) => l.count > 0);
  if (outcome.json) {
    const { failed: failures, checked } = tally;
    const leaked = leaks(run);
    const end = {
      end: outcome.ending,
      steps: run.kernel.time,
      checked,
      failed: failures,
      broken,
      ...(leaked.length === 0 ? {} : { leaks: leaked }),
    };
    return { text: `${JSON.stringify(problem === '' ? end : { ...end, message: problem })}\n`, failed };
  }
  const lines = [
    ...tally.failures.map(
      ({ statement, task, time, message }) => `${place(run, statement)}: ${message} (${task}, step ${time})`,
    ),
    ...lost.map(({ sentence, statement }) => `${place(run, statement)}: ${sentence}`),
    ...(outcome.watch?.sentences ?? []).map((text) => `${run.program.file}: invariant ${text}`),
    ...(problem === '' ? [] : [`${run.program.file}: ${problem}`]),
    ...leaks(run).map((text) => `${run.program.file}: ${text}`),
  ];
  const more = tally.failed - tally.failures.length;
  if (more > 0) lines.push(`and ${count(more, 'more failure')}`);
  lines.push(verdict(run, tally));
  return { text: `${lines.join('\n')}\n`, failed };
}

function verdict(run: Run, tally: Tally): string {
  const held = count(tally.checked - Math.min(tally.failed, tally.checked), 'expectation');
  const failures = tally.failed === 0 ? '' : `, ${tally.failed} failed`;
  return `${run.program.file}: ${held} held${failures}, ${count(run.kernel.time, 'step')} under ${run.program.profile.name}`;
}
