import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Kernel } from '../../src/engine/routine/kernel';
import { MOST_STEPS, runOf } from '../properties/machine';
import { randomScenario } from '../properties/random-scenario';

/** By task: how many page tables it has locked. */
function locksOf(k: Kernel): Map<number, number> {
  const locks = new Map<number, number>();
  for (const node of k.tables.nodes.rows()) {
    const owner = k.tables.lockOwner.get(node);
    if (owner !== 0) locks.set(owner, (locks.get(owner) ?? 0) + 1);
  }
  return locks;
}

describe('page-table locks', () => {
  it('are counted, and the task that holds one is the one that runs', () => {
    let held = 0;
    fc.assert(
      fc.property(randomScenario(), ({ text }) => {
        const { interpreter, kernel } = runOf(text);
        let stop = 'time';
        while (stop === 'time' && kernel.time < MOST_STEPS) {
          stop = interpreter.run(kernel.time + 1, false);
          const locks = locksOf(kernel);
          for (const task of kernel.tasks.tasks.rows())
            expect(kernel.tasks.preemptCount.get(task)).toBe(locks.get(task) ?? 0);
          if (locks.size === 0) continue;
          expect([...locks.keys()]).toEqual([kernel.task]);
          held++;
        }
        expect(locksOf(kernel).size).toBe(0);
      }),
      { numRuns: 8 },
    );
    expect(held).toBeGreaterThan(0);
  });
});

/** Two threads touch one page for the first time. */
const firstTouch = (seed: number, buffer: string, second: number): string => `
  profile 6.12
  machine { cpus 2 }
  schedule seed ${seed}
  process p {
    a = mmap ${buffer}
    thread A cpu 0 { barrier go; write a[0] = 1 }
    thread B cpu 1 { barrier go; write a[${second}] = 1 }
    barrier go
    join A
    join B
    read a[0] expect 1
    read a[${second}] expect 1
  }`;

/** Whether a step with this text has run, and the failures of the scenario. */
function runs(text: string, step: RegExp): { ran: boolean; failed: boolean; stop: string } {
  const { interpreter, kernel, linked } = runOf(text);
  let failed = false;
  kernel.events.observer = (_, name) => {
    failed ||= name === 'expect_failed';
  };
  const stop = interpreter.run(MOST_STEPS, false);
  const ran = linked.text.some((words, pc) => step.test(words) && interpreter.visited[pc] === 1);
  return { ran, failed, stop };
}

describe('two threads that touch an address for the first time', () => {
  it.each([
    ['a small page', '4KiB anon rw', 0, /^somebody was faster: put_page/],
    ['a huge page', '2MiB huge', 1, /^pte_free\(mm, pgtable\)/],
  ] as const)('both go on when one was faster: %s', (_, buffer, second, step) => {
    let lost = 0;
    for (let seed = 1; seed <= 60; seed++) {
      const { ran, failed, stop } = runs(firstTouch(seed, buffer, second), step);
      expect({ failed, stop }).toEqual({ failed: false, stop: 'end' });
      if (ran) lost++;
    }
    expect(lost).toBeGreaterThan(0);
  });
});
