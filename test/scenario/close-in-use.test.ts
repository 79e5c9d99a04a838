/** A device is closed while other threads are inside a call on it: the last of them releases it. */

import { describe, expect, it } from 'vitest';
import { runChecked } from '../properties/machine';

const SEEDS = Array.from({ length: 100 }, (_, i) => i + 1);

const scenario = (profile: string, seed: number, body: string): string => `
  profile ${profile}
  machine { cpus 4 }
  device gpu0 private 1MiB
  schedule seed ${seed}
  process p {
    a = mmap 8KiB anon rw
    write a = 1
    ${body}
  }`;

const TWO_CALLS = `
    thread B cpu 1 { gpu0 read a }
    thread D cpu 3 { migrate a to gpu0 }
    close gpu0
    gpu0 read a expect EBADF
    join B
    join D
    read a expect 1`;

interface Closed {
  readonly broken: readonly string[];
  readonly stop: string;
  readonly failure: unknown;
  /** Walks for a mirror that is gone. */
  readonly lost: number;
  /** Times the mirror went in a thread that had not closed it. */
  readonly byOthers: number;
  readonly left: number;
}

function close(text: string): Closed {
  let lost = 0;
  let byOthers = 0;
  const { broken, stop, run } = runChecked(text, ({ kernel: k }) => {
    const first = [...k.tasks.tasks.rows()][0];
    k.events.observer = (task, name, leave, args) => {
      if (name === 'hmm_range_fault' && !leave && args[2] === 0) lost++;
      if (name === 'migrate_device_range' && leave && task !== first) byOthers++;
    };
  });
  const left = [...run.kernel.devices.mirrors.rows()].length;
  return { broken, stop, failure: run.report.failure, lost, byOthers, left };
}

describe.each(['6.12', '4.14'])('a device that is closed under %s', (profile) => {
  it('stays until no call is inside it', () => {
    let byOthers = 0;
    for (const seed of SEEDS) {
      const closed = close(scenario(profile, seed, TWO_CALLS));
      byOthers += closed.byOthers;
      expect({ seed, ...closed }).toMatchObject({
        broken: [],
        stop: 'end',
        failure: undefined,
        lost: 0,
        left: 0,
      });
    }
    if (profile === '6.12') expect(byOthers).toBeGreaterThan(0);
  });

  it('may be opened again at once', () => {
    for (const seed of SEEDS.slice(0, 30)) {
      const body = TWO_CALLS.replace('gpu0 read a expect EBADF', 'open gpu0; gpu0 read a');
      expect({ seed, ...close(scenario(profile, seed, body)) }).toMatchObject({
        broken: [],
        stop: 'end',
        failure: undefined,
        lost: 0,
      });
    }
  });

  it('goes with a process that ends in the middle of a call', () => {
    for (const seed of SEEDS.slice(0, 30)) {
      const body = `
        thread B cpu 1 { gpu0 read a; close gpu0 }
        thread D cpu 3 { migrate a to gpu0 }
        exit`;
      const { broken, stop, left } = close(scenario(profile, seed, body));
      expect({ seed, broken, stop, left }).toEqual({ seed, broken: [], stop: 'end', left: 0 });
    }
  });
});
