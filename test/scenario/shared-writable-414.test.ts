/** A shared device page that 4.14 makes writable: what one process's device writes the other one reads. */

import { describe, expect, it } from 'vitest';
import { runChecked } from '../properties/machine';

/** As it was run on 4.14.0 with the entry read first: the parent's device wrote 102, and the child's read 102. */
const text = (move: string, fix: 'on' | 'off'): string => `
  profile 4.14
  switch hmm-entry-read-first on
  switch fix-write-attribute ${fix}
  device gpu0 private 1MiB
  process app {
    a = mmap 4KiB anon rw
    write a = 7
    migrate a to gpu0
    fork child
    ${move}
    migrate a from gpu0 expect cpages 0
    gpu0 write a = 102
    on child {
      open gpu0
      gpu0 read a expect 102
    }
  }`;

const MOVE = 'mremap a to 0x7000000000';

interface Seen {
  /** What was expected and did not come. */
  readonly failure: string | undefined;
  readonly broken: readonly string[];
}

/** Runs it to its end, or to a livelock (I38). */
function seen(scenario: string): Seen {
  let failure: string | undefined;
  const { broken } = runChecked(scenario, ({ kernel, interpreter, report }) => {
    kernel.livelockLimit = 20;
    kernel.events.observer = (_, name) => {
      if (name === 'expect_failed') failure ??= report.failure?.message();
      if (name === 'livelock') interpreter.interrupt();
    };
  });
  return { failure, broken: broken.map((line) => line.split(' ')[1] ?? '') };
}

describe('a device page that two processes map, after fork, mremap and a migration that is refused', () => {
  it("is written by one process's device and read by the other's, which I21 tells of", () => {
    expect(seen(text(MOVE, 'off'))).toEqual({ failure: undefined, broken: ['I21'] });
  });

  it.each([
    ['without mremap', '', 'off'],
    ['with the fix', MOVE, 'on'],
  ] as const)('is not written %s: the device faults, and the page never comes home', (_, move, fix) => {
    expect(seen(text(move, fix))).toEqual({ failure: undefined, broken: ['I38'] });
  });
});
