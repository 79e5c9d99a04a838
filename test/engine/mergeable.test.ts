/** MADV_MERGEABLE: KSM takes private memory only, and so only there it changes anything. */

import { describe, it } from 'vitest';
import { holds } from './holds';

describe.each(['4.14', '6.1', '6.12'])('madvise mergeable under %s', (profile) => {
  const advised = (kind: string, more: string): string => `process app {
    buf = mmap 16KiB ${kind}
    madvise buf[1..3] mergeable expect ok
    ${more}
  }`;

  it('cuts its part out of private memory, until that is like the rest again', () => {
    const parts =
      'expect vma(buf) != vma(buf[1]) and vma(buf[2]) == vma(buf[1]) and vma(buf[3]) != vma(buf[2])';
    const whole = 'expect vma(buf) == vma(buf[3])';
    holds(profile, advised('', `${parts}\nmadvise buf[1..3] unmergeable\n${whole}`));
    holds(profile, advised('', `${parts}\nmadvise buf mergeable\n${whole}`));
  });

  it.each(['shmem', 'shared', 'device gpu0'])('leaves memory that is %s as it was', (kind) => {
    holds(profile, `device gpu0 private 1MiB\n${advised(kind, 'expect vma(buf) == vma(buf[3])')}`);
  });
});
