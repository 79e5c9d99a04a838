/** What VM_LOCKED changes for the calls that meet it. */

import { describe, it } from 'vitest';
import { holds } from './holds';

const app = (body: string): string => `process app {\n${body}\n}`;
const LOCKED = 'buf = mmap 16KiB\nmlock buf[1..3]\nmunmap buf[0..1]\nmunmap buf[3..4]';

describe.each(['4.14', '6.1', '6.12'])('locked memory under %s', (profile) => {
  it.each([
    ['is not given up by MADV_FREE', 'madvise buf[1..3] free expect EINVAL'],
    ['is not given up by MADV_DONTNEED', 'madvise buf[1..3] dontneed expect EINVAL'],
    ['is free again after munlock', 'munlock buf[1..3]\nmadvise buf[1..3] free expect ok'],
    [
      'is faulted in where mremap makes it grow',
      `mremap buf[1..3] size 20KiB to 0x1900000000
       expect pte(0x1900001000).kind == "present"
       expect pte(0x1900002000).kind == "present" and pte(0x1900004000).kind == "present"`,
    ],
    [
      'is faulted in where mremap makes it grow in its place',
      `mremap buf[1..3] size 16KiB
       expect pte(buf[3]).kind == "present" and pte(buf + 0x4000).kind == "present"`,
    ],
    ['is not faulted in where it shrinks', 'mremap buf[1..3] size 4KiB\nexpect pte(buf[2]) == none'],
  ])('%s', (_, body) => {
    holds(profile, app(`${LOCKED}\n${body}`));
  });

  it('becomes the own of its process when mprotect makes it writable', () => {
    holds(
      profile,
      app(`
        buf = mmap 16KiB r
        mlock buf[0..2]
        expect not pte(buf[0]).write and buf[0].page.mapcount == 0
        mprotect buf rw
        expect pte(buf[0]).write and pte(buf[1]).write and buf[1].page.mapcount == 1
        expect pte(buf[2]) == none`),
    );
  });

  it.each([
    ['may only be written', 'shared w', 'ok'],
    ['may only be written by its process', 'w', 'ok'],
    ['may only be executed', 'x', 'ok'],
    ['may not be touched at all', 'none', 'ENOMEM'],
  ])('is faulted in where it %s', (_, how, outcome) => {
    const there = outcome === 'ok' ? '!=' : '==';
    holds(
      profile,
      app(`buf = mmap 8KiB ${how}\nmlock buf expect ${outcome}\nexpect pte(buf[1]) ${there} none`),
    );
  });
});

describe.each(['6.1', '6.12'])('memory that was locked, under %s', (profile) => {
  it('has left the batches of the CPU when mlock returns', () => {
    holds(
      profile,
      app(`
        buf = mmap 8KiB
        mlock buf
        expect buf.page.refcount == 1
        ro = mmap 8KiB r
        mlock ro
        mprotect ro rw
        expect ro.page.refcount == 1`),
    );
  });
});

describe.each(['6.1', '6.12'])('a huge page under %s', (profile) => {
  const huge = (body: string): string =>
    app(`buf = mmap 2MiB huge at 0x1000000000\nwrite buf[3] = 1\n${body}`);

  it.each([
    ['munlock of a part of it, as nothing is locked', 'munlock buf[5..9]'],
    ['mlock of all of it', 'mlock buf\nmunlock buf'],
  ])('is left whole by %s', (_, body) => {
    holds(profile, huge(`${body}\nexpect pte(buf).huge`));
  });

  it('is split by mlock of a part of it', () => {
    holds(profile, huge('mlock buf[5..9]\nexpect not pte(buf).huge'));
  });
});
