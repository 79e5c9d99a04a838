/** A page that fork has shared belongs to whoever is left with it: the reverse map no longer looks for it anywhere else. */

import { describe, it } from 'vitest';
import { holds } from './holds';

/** Parent and child share a page until the parent writes; the parent's mirror maps its own copy. */
const parted = (more: string): string => `
  machine { swap 1MiB }
  device gpu0 private 1MiB
  device gpu1 private 1MiB
  process app {
    buf = mmap 8KiB
    write buf = 1
    fork child
    write buf = 2
    gpu0 read buf expect [2, 2]
    ${more}
    gpu0 read buf expect [2, 2], faults FAULTS
    on child read buf expect 3
  }`;

const faults = (text: string, count: number): string => text.replace('FAULTS', `${count}`);

describe.each(['4.14', '6.1', '6.12'])('a page that only the child maps, under %s', (profile) => {
  it('is looked for in the parent too until the child writes to it', () => {
    const text = parted('drain lru\non child reclaim buf\non child write buf = 3');
    holds(profile, faults(text, 1));
  });

  it('is looked for in the child alone when the child has written to it', () => {
    const text = parted('on child write buf = 3\ndrain lru\non child reclaim buf');
    holds(profile, faults(text, 0));
  });
});

describe.each(['6.1', '6.12'])("a migration of the child's page, under %s", (profile) => {
  it.each([
    ['an eviction', 'migrate buf to gpu1; gpu1 evict'],
    ['the end of its device', 'migrate buf to gpu1; close gpu1'],
    ['exclusive access', 'gpu1 exclusive buf; read buf'],
  ])('by %s tells the mirror of the parent nothing', (_, what) => {
    holds(profile, faults(parted(`on child { open gpu1; write buf = 3; ${what} }`), 0));
  });
});
