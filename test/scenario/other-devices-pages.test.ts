/** Which private pages a mirror is shown: in 4.14 none, or those of any device with the entry read first; in 6.12 its own. */

import { describe, expect, it } from 'vitest';
import { runChecked } from '../properties/machine';

const scenario = (profile: string, body: string): string => `
  profile ${profile}
  device gpu0 private 1MiB
  device gpu1 private 1MiB
  process p {
    a = mmap 8KiB anon rw
    write a = 1
    migrate a to gpu0
    ${body}
  }`;

const sound = (profile: string, body: string): void => {
  const { broken, stop, run } = runChecked(scenario(profile, body));
  expect({ broken, stop, failure: run.report.failure?.message() }).toEqual({
    broken: [],
    stop: 'end',
    failure: undefined,
  });
};

/** The line of mm/hmm.c is where it belongs. */
const READ_FIRST = '4.14\n  switch hmm-entry-read-first on';

describe('4.14', () => {
  it('reports no private page, and brings home what a device asks for', () => {
    sound(
      '4.14',
      `gpu1 snapshot a expect [0, 0]
       gpu0 snapshot a expect [0, 0]
       gpu1 read a expect 1
       expect callbacks.page_fault == 2
       expect gpu0.used == 0`,
    );
  });

  it('reports a private page to the mirror of another device', () => {
    sound(READ_FIRST, 'gpu1 snapshot a expect [0x32, 0x32]; gpu0 snapshot a expect [0x22, 0x22]');
  });

  it('leaves it where it is when another device reads or writes it', () => {
    sound(
      READ_FIRST,
      `gpu1 read a expect 1
       gpu1 write a = 7
       expect gpu0.used == 2
       expect callbacks.page_fault == 0
       gpu0 read a expect [7, 8]
       read a expect [7, 8]
       gpu1 read a expect [7, 8]`,
    );
  });

  it('faults a read-only entry that is to be written, on the own device too', () => {
    sound(
      READ_FIRST,
      `mprotect a r
       mprotect a rw
       gpu0 write a = 3 expect ok
       expect callbacks.page_fault == 2
       expect gpu0.used == 0
       read a expect [3, 4]`,
    );
  });
});

describe('6.12', () => {
  it('shows a mirror nothing of another device, and never faults a page of the own one', () => {
    sound(
      '6.12',
      `gpu1 snapshot a expect [0, 0]
       mprotect a r
       mprotect a rw
       gpu0 write a = 3 expect EFAULT
       expect gpu0.used == 2
       gpu1 read a expect 1
       expect gpu0.used == 0`,
    );
  });
});
