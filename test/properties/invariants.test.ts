import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { freeAtStart, leaks, runChecked, runOf, starves } from './machine';
import { randomScenario } from './random-scenario';

describe.each([
  ['7.2', false],
  ['6.12', false],
  ['6.1', false],
  ['4.14', false],
  ['6.12', true],
])('a random scenario under %s (with a careful driver: %s)', (profile, careful) => {
  it('keeps every invariant at every yield, and gives everything back at its end', () => {
    fc.assert(
      fc.property(randomScenario(profile, careful), ({ text }) => {
        const free = freeAtStart(runOf(text));
        const { run, stop, broken } = runChecked(text);
        expect(broken).toEqual([]);
        if (starves(run)) return;
        expect(stop).toBe('end');
        expect(leaks(run, free)).toEqual([]);
      }),
      { numRuns: 25 },
    );
  });
});
