/** The last lines of a run in the debug console: what failed and where, and the verdict. */

import { hasFailed, outcomeWords, type RunOutcome } from '../protocol';

/** Failures that are listed; Problems has them all. */
const MOST_LISTED = 10;

export interface OutcomeText {
  readonly text: string;
  readonly tone: 'good' | 'note' | 'bad';
  /** Line of the scenario, and the time; 0 for none. */
  readonly line: number;
  readonly time: number;
}

const bad = (text: string, line = 0, time = 0): OutcomeText => ({ text, tone: 'bad', line, time });

/** Nothing where nothing was expected, nothing went wrong and nothing has leaked. */
export function outcomeTexts(outcome: RunOutcome): OutcomeText[] {
  const { failures, lost, problem, checked } = outcome;
  const listed = failures.slice(0, MOST_LISTED);
  const more = outcome.failed - listed.length;
  const verdict = outcomeWords(outcome);
  const text = `${verdict.charAt(0).toUpperCase()}${verdict.slice(1)}.`;
  const notes = outcome.leaks.map((leak): OutcomeText => ({ text: leak, tone: 'note', line: 0, time: 0 }));
  if (!hasFailed(outcome))
    return checked === 0 ? notes : [...notes, { text, tone: 'good', line: 0, time: 0 }];
  return [
    ...notes,
    ...listed.map(({ line, time, task, message }) =>
      bad(`line ${line}: ${message} (${task}, step ${time})`, line, time),
    ),
    ...(more > 0 ? [bad(`and ${more} more`)] : []),
    ...lost.map(({ line, message }) => bad(`line ${line}: ${message}`, line)),
    ...(problem === undefined ? [] : [bad(problem)]),
    bad(text),
  ];
}
