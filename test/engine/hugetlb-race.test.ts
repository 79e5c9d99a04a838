/** Two threads write to one huge page of the pool that a forked child shares: one copies, the other one finds the copy. */

import { expect, it } from 'vitest';
import { runChecked } from '../properties/machine';

const text = (seed: number): string => `
  profile 6.12
  machine { cpus 3 hugepages 4 }
  device gpu0 private 1MiB
  schedule seed ${seed}
  process p {
    h = mmap 2MiB hugetlb
    write h[0] = 1
    open gpu0
    fork child { barrier done; read h[0] expect 1 }
    thread A cpu 1 { barrier go; write h[1] = 2 }
    thread B cpu 2 { barrier go; write h[2] = 3 }
    barrier go
    join A
    join B
    read h[0] expect 1
    read h[1] expect 2
    read h[2] expect 3
    barrier done
    wait child
  }`;

const seeds = Array.from({ length: 40 }, (_, i) => i + 1);

it.each(seeds)('copies it once, and gives every page back to the pool, under seed %i', (seed) => {
  let failed = false;
  const { run, stop, broken } = runChecked(text(seed), ({ kernel }) => {
    kernel.events.observer = (_, name) => {
      failed ||= name === 'expect_failed';
    };
  });
  expect({ stop, broken, failed }).toEqual({ stop: 'end', broken: [], failed: false });
  expect(run.kernel.hugetlb.free).toBe(run.kernel.hugetlb.total);
});
