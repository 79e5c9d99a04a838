/** Random scenarios over all kinds of memory, with forks of forks beside a thread. */

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Engine } from '../../src/engine/time/engine';
import { finish } from '../../src/engine/time/work';
import { brokenLists } from './lru';
import { freeAtStart, isHalted, leaks, runChecked, runOf, starves } from './machine';
import { wideScenario } from './wide-scenario';

/** Huge pages taken exclusively come back page by page. */
const MOST_STEPS = 600_000;

describe.each(['7.2', '6.12', '6.1', '4.14'])('a wide random scenario under %s', (profile) => {
  it('keeps every invariant at every yield, and gives everything back at its end', () => {
    fc.assert(
      fc.property(wideScenario(profile), (text) => {
        const free = freeAtStart(runOf(text));
        const { run, stop, broken } = runChecked(text, undefined, MOST_STEPS);
        expect(broken).toEqual([]);
        expect(brokenLists(run.kernel)).toEqual([]);
        if (starves(run) || isHalted(run)) return;
        expect(stop).toBe('end');
        expect(leaks(run, free)).toEqual([]);
      }),
      { numRuns: 30 },
    );
  });

  it('is the same n steps forward and n back', () => {
    const places = fc.array(fc.integer({ min: 0, max: 20_000 }), { minLength: 2, maxLength: 4 });
    fc.assert(
      fc.property(wideScenario(profile), places, fc.integer({ min: 1, max: 3000 }), (text, times, n) => {
        const engine = new Engine(runOf(text).interpreter, { interval: 700 });
        const hashAt = (time: number): number => {
          finish(engine.seek(time));
          return engine.kernel.store.hash();
        };
        for (const time of times) {
          const before = hashAt(time);
          hashAt(time + n);
          expect(hashAt(time)).toBe(before);
        }
      }),
      { numRuns: 6 },
    );
  });
});
