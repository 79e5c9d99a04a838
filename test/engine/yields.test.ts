import { describe, expect, it } from 'vitest';
import type { YieldName } from '../../src/engine/kernel/routine';
import { runOf } from '../properties/machine';

const program = (profile: string, more: string): string => `
  profile ${profile}
  device gpu0 private 1MiB
  process p {
    a = mmap 4KiB anon rw
    migrate a to gpu0
    read a
    ${more}
  }`;

/** The yield points that stand in the routines of a profile. */
function yieldsOf(profile: string, more = ''): Set<YieldName> {
  const { linked } = runOf(program(profile, more));
  return new Set(linked.yieldBefore.filter((name) => name !== undefined));
}

const every = Array.from({ length: 15 }, (_, i) => `Y${i + 1}`);

describe('the points where another CPU can interfere', () => {
  it('are all there under 6.12', () => {
    const found = yieldsOf('6.12', 'gpu0 release');
    expect(every.filter((name) => !found.has(name as YieldName))).toEqual([]);
  });

  it('are all there under 4.14, which flushes later and can not take a device away', () => {
    const found = yieldsOf('4.14');
    expect(every.filter((name) => !found.has(name as YieldName))).toEqual(['Y13']);
  });
});
