/** Two threads and a device at the same two pages: what the device's table says, and what is written, stays true. */

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { runChecked } from './machine';

const page = fc.constantFrom('a[0]', 'a[1]', 'a');
const byte = fc.integer({ min: 1, max: 255 });
const statement = fc.oneof(
  fc.tuple(page, byte).map(([range, value]) => `write ${range} = ${value}`),
  fc.tuple(page, byte).map(([range, value]) => `gpu0 write ${range} = ${value}`),
  page.map((range) => `gpu0 read ${range}`),
  page.map((range) => `migrate ${range} to gpu0`),
  page.map((range) => `migrate ${range} from gpu0`),
  page.map((range) => `madvise ${range} dontneed`),
  page.map((range) => `mprotect ${range} r; mprotect ${range} rw`),
);
const body = fc.array(statement, { minLength: 3, maxLength: 8 }).map((lines) => lines.join('\n'));

const scenario = (faultsAfterMigration: 'on' | 'off'): fc.Arbitrary<string> =>
  fc.tuple(fc.nat(100_000), body, body).map(
    ([seed, one, two]) => `profile 6.12
switch driver-faults-after-migration ${faultsAfterMigration}
machine { cpus 2 }
device gpu0 private 16 pages
schedule seed ${seed}
process p {
    a = mmap 2 pages
    thread A cpu 0 { ${one} }
    thread B cpu 1 { ${two} }
    join A
    join B
    let first = read a[0]
    let second = read a[1]
    gpu0 read a expect [first, second]
}`,
  );

describe('a driver that faults after its migrations', () => {
  it('misses nothing that another thread does meanwhile', () => {
    fc.assert(
      fc.property(scenario('on'), (text) => {
        const { run, stop, broken } = runChecked(text);
        expect(broken).toEqual([]);
        expect(run.report.failure).toBeUndefined();
        expect(stop).toBe('end');
      }),
      { numRuns: 60 },
    );
  });
});

describe("the kernel's test driver", () => {
  it('misses something under some schedule', () => {
    const missesNothing = fc.property(scenario('off'), (text) => runChecked(text).broken.length === 0);
    expect(fc.check(missesNothing, { numRuns: 2000, endOnFailure: true }).failed).toBe(true);
  }, 60_000);
});
