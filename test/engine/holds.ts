/** Scenarios whose expectations are the right answers of a kernel. */

import { expect } from 'vitest';
import { type Checked, runChecked } from '../properties/machine';

/** Runs a scenario to its end, with nothing broken and every expectation met. */
export function holds(profile: string, text: string): Checked {
  const run = runChecked(`profile ${profile}\n${text}`);
  const { failure } = run.run.report;
  expect({ broken: run.broken, stop: run.stop, failure: failure?.message() }).toEqual({
    broken: [],
    stop: 'end',
    failure: undefined,
  });
  return run;
}

/** The flags of every handle_mm_fault of a run. */
export function faultFlags({ run }: Checked): number[] {
  return [...run.kernel.events.between(0, run.kernel.time + 1)]
    .filter(({ name, leave }) => name === 'handle_mm_fault' && !leave)
    .map(({ args }) => args[1] ?? 0);
}
