/** Random scenarios on a machine with less memory than they need: kswapd runs beside everything else. */

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Engine } from '../../src/engine/time/engine';
import { finish } from '../../src/engine/time/work';
import type { Run } from '../../src/program';
import { brokenLists } from './lru';
import { freeAtStart, hashesStraight, leaks, lengthOf, runChecked, runOf, starves } from './machine';
import { randomScenario } from './random-scenario';

/**
 * 1280 pages, of which the struct pages of two devices take 1024 and those of the zone 20. The zone's min, low and high
 * watermarks are 70, 87 and 104, so that about 150 pages can be used before kswapd is woken.
 */
const MACHINE = 'machine { node 0 { normal 5MiB } cpus 2 swap 4MiB }';
/** A process that needs more than that, and knows what it wrote. */
const HOG = `process hog {
    h = mmap 160 pages
    fill h = 0x5a
    read h expect 0x5a
}`;

const press = (text: string): string => `${text.replace(/machine {.*}/, MACHINE)}\n${HOG}`;

/** Runs it with the invariants on. */
function runPressed(text: string) {
  const pressed = press(text);
  const free = freeAtStart(runOf(pressed));
  const failed: string[] = [];
  const watch = ({ kernel, report }: Run): void => {
    kernel.events.observer = (_, name) => {
      if (name === 'expect_failed') failed.push(report.failure?.message() ?? name);
    };
  };
  return { ...runChecked(pressed, watch), free, failed };
}

describe.each(['7.2', '6.12', '6.1', '4.14'])(
  'a random scenario that runs out of memory under %s',
  (profile) => {
    it('keeps every invariant and what was written, and gives everything back', () => {
      fc.assert(
        fc.property(randomScenario(profile), ({ text }) => {
          const { run, stop, broken, free, failed } = runPressed(text);
          expect(run.kernel.kswapd.task.get(0)).not.toBe(0);
          expect(broken).toEqual([]);
          expect(brokenLists(run.kernel)).toEqual([]);
          expect(failed).toEqual([]);
          if (starves(run)) return;
          expect(stop).toBe('end');
          expect(leaks(run, free)).toEqual([]);
          expect([...run.kernel.swap.slots.rows()]).toEqual([]);
        }),
        { numRuns: 8 },
      );
    });

    it('is the same machine at a time, forwards or backwards', () => {
      fc.assert(
        fc.property(randomScenario(profile), ({ text }) => {
          const pressed = press(text);
          const length = lengthOf(pressed);
          const times = [0.2, 0.5, 0.8].map((part) => Math.floor(part * length));
          const hashes = hashesStraight(pressed, times);
          const engine = new Engine(runOf(pressed).interpreter, { interval: 3000 });
          for (const time of [...times].reverse()) {
            finish(engine.seek(time));
            expect(engine.kernel.store.hash()).toBe(hashes.get(time));
          }
        }),
        { numRuns: 3 },
      );
    });
  },
);
