/** A fault locks the page of a file before it maps it, so that a migration that has the page locked is waited for. */

import { describe, expect, it } from 'vitest';
import { runChecked } from '../properties/machine';

const SEEDS = Array.from({ length: 30 }, (_, i) => i + 1);

const racing = (profile: string, seed: number, kind: string, access: string): string => `
  profile ${profile}
  machine { cpus 2 }
  device gpu0 private 1MiB
  file data 16KiB fill 0xc0
  schedule seed ${seed}
  process app {
    buf = mmap 16KiB ${kind}
    read buf
    fork child { barrier go; ${access}; read buf[2] }
    thread A cpu 1 { barrier go; repeat 3 { migrate buf[1..3] to gpu0; madvise buf[1] dontneed } }
    barrier go
    ${access}
    join A
    wait child
  }`;

describe.each(['4.14', '6.1', '6.12'])('beside migrations of pages of a file, under %s', (profile) => {
  it.each([
    ['reads', 'file data private', 'madvise buf dontneed; read buf'],
    ['copies', 'file data private', 'madvise buf dontneed; write buf = 1'],
    ['shared writes', 'file data shared', 'madvise buf dontneed; write buf = 1'],
    ['reads of shared memory', 'shmem', 'madvise buf dontneed; read buf'],
  ])('%s break nothing', (_, kind, access) => {
    for (const seed of SEEDS) {
      const { broken, stop } = runChecked(racing(profile, seed, kind, access));
      expect({ seed, broken, stop }).toEqual({ seed, broken: [], stop: 'end' });
    }
  });
});
