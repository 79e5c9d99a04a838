/** What 7.2 does and 6.12 does not, one rule each, beside what 6.12 does. */

import { describe, expect, it } from 'vitest';
import { holds } from './holds';

const DEVICES = 'device gpu0 private 64MiB driver dmirror\ndevice gpu1 private 64MiB driver dmirror';
const app = (body: string): string => `${DEVICES}\nprocess app {\n${body}\n}`;

/** Holds under 7.2 and, with `then` in the place of `now`, under 6.12. */
function differs(body: string, now: string, then: string): void {
  holds('7.2', app(body.replaceAll('?', now)));
  holds('6.12', app(body.replaceAll('?', then)));
}

describe('a device-exclusive page', () => {
  const mapped = 'buf = mmap 16KiB anon rw\nwrite buf = 1\n';

  it('goes on being mapped', () => {
    differs(`${mapped}gpu0 exclusive buf\nexpect buf[1].pte.page.mapcount == ?`, '1', '0');
  });

  it('has one kind of entry, which mprotect does not change', () => {
    differs(
      `${mapped}gpu0 exclusive buf\nmprotect buf r\nmprotect buf rw\nread buf\nexpect buf[0].pte.write == ?`,
      'true',
      'false',
    );
  });

  it('is announced as CLEAR when the CPU takes it back', () => {
    const told = (profile: string): unknown[] => {
      const { run } = holds(profile, app(`${mapped}gpu0 exclusive buf[0]\nread buf[0] expect 1`));
      return [...run.kernel.events.between(0, run.kernel.time + 1)]
        .filter(({ name, leave }) => name === 'invalidate' && !leave)
        .map(({ args }) => args[5])
        .slice(0, 4);
    };
    const [EXCLUSIVE, CLEAR] = [7, 1];
    expect(told('7.2')).toEqual([EXCLUSIVE, EXCLUSIVE, CLEAR, CLEAR]);
    expect(told('6.12')).toEqual([EXCLUSIVE, EXCLUSIVE, EXCLUSIVE, EXCLUSIVE]);
  });

  it('that can not be had is refused with the reason', () => {
    differs('buf = mmap 16KiB anon r\ngpu0 exclusive buf expect ?', 'EFAULT', 'EBUSY');
    differs('buf = mmap 16KiB shmem\nwrite buf = 1\ngpu0 exclusive buf expect ?', 'EOPNOTSUPP', 'EBUSY');
  });

  it('ends what comes behind it: those before it are had', () => {
    const body =
      'buf = mmap 16KiB anon rw\nwrite buf = 1\nmprotect buf[2] r\ngpu0 exclusive buf expect EFAULT';
    holds(
      '7.2',
      app(`${body}\nexpect buf[1].pte.kind == "device-exclusive" and buf[3].pte.kind == "present"`),
    );
  });
});

describe('mremap to an address', () => {
  const two = 'buf = mmap 32KiB at 0x1000000000\nwrite buf = 1 rising\nmprotect buf[2..4] r\n';

  it('moves all the VMAs of the range', () => {
    differs(`${two}mremap buf to 0x1200000000 expect ?`, 'ok', 'EFAULT');
    holds('7.2', app(`${two}mremap buf to 0x1200000000\nread buf expect [1, 2, 3, 4, 5, 6, 7, 8]`));
  });

  it('keeps the gaps between them', () => {
    holds(
      '7.2',
      app(`${two}munmap buf[4..6]\nmremap 0x1000000000 for 8 pages to 0x1200000000
        read 0x1200003000 expect 4
        read 0x1200004000 expect SIGSEGV code MAPERR
        read 0x1200006000 expect 7`),
    );
  });

  it('fails before it unmaps what is there, where nothing is mapped at the start', () => {
    const there = 'there = mmap 32KiB at 0x1200000000\nwrite there = 9\n';
    holds(
      '7.2',
      app(`${two}${there}munmap buf[0]\nmremap buf to 0x1200000000 expect EFAULT\nread there expect 9`),
    );
  });

  it('is still of one VMA where the size changes', () => {
    holds('7.2', app(`${two}mremap buf size 64KiB to 0x1200000000 expect EFAULT`));
  });
});

it('a VMA without anonymous pages grows over one that has some', () => {
  const body =
    'buf = mmap 32KiB\nmadvise buf[4..8] dontfork\nwrite buf[4..8] = 1\nmadvise buf[4..8] dofork\n';
  holds('7.2', app(`${body}expect vma(buf).pages == 8`));
  holds('6.12', app(`${body}expect vma(buf).pages == 4`));
});

it('a dirty page of shared memory is mapped dirty where the entry is writable at once', () => {
  differs(
    'buf = mmap 16KiB shmem\nwrite buf = 1\nmadvise buf dontneed\nread buf\nexpect buf[0].pte.dirty == ?',
    'true',
    'false',
  );
});

describe('the test driver', () => {
  it('enters what was never touched into its mirror for reading only', () => {
    differs(
      'buf = mmap 16KiB anon rw\nmigrate buf to gpu0\nexpect buf[0].pte.write and gpu0.mirror(buf[0]).write == ?',
      'false',
      'true',
    );
  });

  it('says so where it gets no page of system memory', () => {
    const failing = 'buf = mmap 16KiB anon rw\nwrite buf = 1\nmigrate buf to gpu0\ngpu0 fail alloc times 1\n';
    differs(`${failing}migrate buf from gpu0 expect ?`, 'ENOMEM', 'cpages 3');
    holds('7.2', app(`${failing}read buf expect 1\nexpect callbacks.page_fault == 5`));
  });
});

describe('a page that a task has locked for its fault', () => {
  it('is locked when the callback begins', () => {
    const locked = (profile: string): unknown => {
      const body = 'buf = mmap 4KiB anon rw\nwrite buf = 1\nmigrate buf to gpu0\nread buf expect 1';
      const { run } = holds(profile, app(body));
      const [call] = [...run.kernel.events.between(0, run.kernel.time + 1)].filter(
        ({ name, leave }) => name === 'migrate_to_ram' && !leave,
      );
      return call?.args[5];
    };
    expect(locked('7.2')).toBe(1);
    expect(locked('6.12')).toBe(0);
  });
});

describe('a huge page on a device', () => {
  const moved = 'buf = mmap 2MiB huge\nwrite buf = 1\nmigrate buf to gpu0\n';
  const on = (body: string): void => {
    holds('7.2', app(`${moved}${body}`));
  };

  it('goes there as one folio, mapped by one entry, and comes home as one', () => {
    on('expect buf[7].page.order == 9 and buf[0].page.mapcount == 1 and gpu0.used == 512');
    on(
      'read buf[100] expect 1\nexpect buf[511].pte.kind == "present" and buf[511].page.order == 9 and gpu0.used == 0',
    );
  });

  it.each([
    ['memory that was never touched', ''],
    ['the huge zero page', 'read buf[0]\n'],
  ])('%s becomes one there, too', (_, before) => {
    const body = `buf = mmap 2MiB huge\n${before}migrate buf to gpu0\n`;
    holds('7.2', app(`${body}expect buf[0].page.order == 9 and gpu0.used == 512\nread buf expect 0`));
  });

  it('is mapped page by page after munmap of a part, and comes home page by page', () => {
    on(
      'munmap buf[5..8]\nexpect buf[0].page.order == 9 and buf[0].page.refcount == 509 and gpu0.used == 512',
    );
    on('munmap buf[5..8]\nread buf[100] expect 1\nexpect gpu0.used == 508 and buf[0].page.order == 0');
  });

  it('is split where a part is to come home: the rest stays there as small pages', () => {
    on(
      'migrate buf[100..108] from gpu0\nexpect gpu0.used == 504 and buf[0].page.order == 0\nread buf[3] expect 1',
    );
  });

  it('is shared by fork, and comes home for both', () => {
    on(
      'fork child\nexpect buf[0].page.mapcount == 2 and not buf[0].pte.write\nread buf[0] expect 1\non child expect buf[9].pte.kind == "present" and buf[9].page.order == 9',
    );
  });

  it('becomes small pages where the driver gets no huge one', () => {
    const body = 'buf = mmap 2MiB huge\nwrite buf = 1\ngpu0 flags = 1\nmigrate buf to gpu0\n';
    holds('7.2', app(`${body}expect gpu0.used == 512 and buf[0].page.order == 0\nread buf[9] expect 1`));
  });

  it('stays whole, mapped page by page, where it would have to be split in a fault; one page comes home', () => {
    on(
      'gpu0 flags = 1\nread buf[100] expect 1\nexpect gpu0.used == 511 and buf[99].pte.kind == "device-private"',
    );
  });

  it('keeps its place where the driver answers SIGBUS', () => {
    on(
      'gpu0 fail migrate_to_ram as sigbus times 1\nread buf[3] expect SIGBUS\nexpect buf[3].page.order == 9',
    );
  });

  it('comes home when the device is closed', () => {
    on('close gpu0\nexpect gpu0.used == 0 and buf[3].page.order == 9\nread buf[3] expect 1');
  });

  it('is refused flags by a driver that has none, before 6.19', () => {
    holds('6.12', app('gpu0 flags = 1 expect EINVAL'));
  });

  it('of a part of one in system memory it is split first, and small pages go', () => {
    const body = 'buf = mmap 2MiB huge\nwrite buf = 1\nmigrate buf[3..8] to gpu0\n';
    holds('7.2', app(`${body}expect gpu0.used == 5 and buf[9].pte.kind == "present"\nread buf expect 1`));
  });

  it('and of the huge zero page it is split where its first page is put', () => {
    const body = 'buf = mmap 2MiB huge\nread buf[0]\nmigrate buf[3..8] to gpu0\n';
    holds('7.2', app(`${body}expect gpu0.used == 5 and buf[9].pte.zero\nread buf expect 0`));
  });

  it('and what is mapped page by page of a huge page is split too', () => {
    const body = 'buf = mmap 2MiB huge\nwrite buf = 1\ngpu0 exclusive buf[0]\nread buf[0]\n';
    differs(`${body}migrate buf[3..8] to gpu0 expect ?`, 'ok', 'ENOENT');
  });
});
