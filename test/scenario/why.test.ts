/** Why a page stayed: in the log, in `why`, and in what a failed expectation says, with numbers and holders. */

import { describe, expect, it } from 'vitest';
import { enterWords } from '../../src/cli/words';
import { refusalOf } from '../../src/view/environment';
import { runText } from './run-scenario';

interface Told {
  /** Lines of the log about pages that stayed. */
  readonly log: readonly string[];
  readonly failures: readonly string[];
  readonly printed: readonly string[];
}

function told(text: string): Told {
  const { run, failures, printed } = runText(text);
  const log: string[] = [];
  for (const { name, args, task } of run.kernel.events.between(0, run.kernel.time))
    if (name === 'refused') log.push(enterWords(run.world, name, args, task));
  return { log, failures, printed };
}

const DEVICES = 'profile 6.12\ndevice gpu0 private 1MiB\ndevice gpu1 private 1MiB\nfile f 64KiB fill 1\n';
const process = (body: string): string => `process app {
    buf = mmap 16KiB anon rw
    write buf = 0x11
    ${body}
}
`;
const scenario = (body: string): string => `${DEVICES}${process(body)}`;
/** Moves the page and asks why it did not move. */
const asked = (page: string, move: string): string => `${move}
    print why ${page}`;

describe('one task', () => {
  it.each([
    [
      'a pinned page',
      asked('buf[1]', 'pin buf[1] w as p\n    migrate buf to gpu0 expect ok'),
      /^buf\[1\] stays: refcount 1027: from 1024 on it may be pinned; held by pin p of app since step \d+ \(line 8\) \(folio_try_share_anon_rmap_pte\)$/,
      /refcount 1027: from 1024 on it may be pinned; held by pin p of app since step \d+ \(line 8\)/,
    ],
    [
      'a page with one reference more',
      asked('buf[1]', 'drain lru\n    get_page buf[1]\n    migrate buf to gpu0 expect ok'),
      /^buf\[1\] stays: refcount 2, expected 1; held by other code of the kernel \(get_page\) \(migrate_vma_check_page\)$/,
      /refcount 2, expected 1; held by/,
    ],
    [
      "a page of another device's memory",
      asked('buf[0]', 'migrate buf to gpu0\n    migrate buf[0] from gpu1 expect cpages 1'),
      /^buf\[0\] stays: it belongs to gpu0, and the migration takes pages of gpu1 \(migrate_vma_collect_pmd\)$/,
      /it belongs to gpu0, and the migration takes pages of gpu1/,
    ],
    [
      'a hole in a file mapping',
      asked('map[0]', 'map = mmap 16KiB file f private\n    migrate map to gpu0 expect ok'),
      /^map\[0\] stays: nothing is mapped there, and holes of file mappings do not migrate \(migrate_vma_collect_pmd\)$/,
      /nothing is mapped there, and holes of file mappings do not migrate/,
    ],
    [
      'no memory on the device',
      asked(
        'buf[0]',
        'more = mmap 2MiB anon rw\n    write more = 1\n    migrate more[0..250] to gpu0\n    migrate more[250..300] to gpu0\n    migrate more[3] to gpu1\n    migrate buf to gpu0 expect ok',
      ),
      /^buf\[0\] stays: none of the 256 pages of gpu0 is free \(zone_device_page_init\)$/,
      /none of the 256 pages of gpu0 is free/,
    ],
    [
      'fail alloc',
      asked('buf[2]', 'gpu0 fail alloc\n    migrate buf to gpu0 expect ok'),
      /^buf\[2\] stays: gpu0 was told to fail alloc \(fail alloc\)$/,
      /gpu0 was told to fail alloc/,
    ],
    [
      'fail copy',
      asked('buf[2]', 'migrate buf to gpu0\n    gpu0 fail copy\n    migrate buf from gpu0 expect cpages 4'),
      /^buf\[2\] stays: gpu0 was told to fail copy \(fail copy\)$/,
      /gpu0 was told to fail copy/,
    ],
    [
      'a read-only page of a file',
      asked('map[1]', 'map = mmap 16KiB file f private r\n    read map\n    migrate map to gpu0 expect ok'),
      /^map\[1\] stays: it belongs to a file, and only anonymous pages become device memory \(__migrate_device_pages\)$/,
      /it belongs to a file, and only anonymous pages become device memory/,
    ],
    [
      'a page locked in memory',
      asked('buf[1]', 'mlock buf[1]\n    reclaim buf[1]\n    expect buf[1].page.zone == Device'),
      /^pfn \S+ \(Normal\) stays: it is locked in memory \(mlock\) \(folio_evictable\)$/,
      /it is locked in memory \(mlock\)/,
    ],
    [
      'a huge page',
      asked(
        'big[7]',
        'big = mmap 2MiB huge\n    write big = 1\n    get_page big[3]\n    migrate big[7] to gpu0 expect ok',
      ),
      /^big\[7\] stays: the huge page could not be split: -EAGAIN \(-11\) \(migrate_vma_collect_pmd\)$/,
      /the huge page could not be split: -EAGAIN \(-11\)/,
    ],
  ])('%s', (_, body, line, words) => {
    const { log, failures, printed } = told(scenario(body));
    expect(log.filter((text) => line.test(text)).length).toBeGreaterThan(0);
    expect(failures).toHaveLength(1);
    expect(failures[0]).toMatch(words);
    expect(printed[0]).toMatch(words);
    expect(printed[0]).toMatch(/it stayed at time \d+ \(/);
  });

  it('ENOENT says that nothing was collected', () => {
    const { failures } = told(scenario('map = mmap 8KiB file f private\n    migrate map to gpu0 expect ok'));
    expect(failures).toEqual([
      '9: expected ok, found ENOENT: nothing was collected; map[0] stayed: nothing is mapped there, and holes of file mappings do not migrate; map[1] stayed: nothing is mapped there, and holes of file mappings do not migrate',
    ]);
  });

  it('says nothing any more of a page that has moved since', () => {
    const body =
      'gpu0 fail alloc times 1\n    migrate buf[0] to gpu0\n    migrate buf[0] to gpu0\n    print why buf[0]';
    const { printed } = told(scenario(body));
    expect(printed[0]).toMatch(
      /^buf\[0\] is in the memory of gpu0 .*: it was migrated by app at time \d+\.$/,
    );
  });
});

describe('a way home that fails', () => {
  it('leaves the page where a migration has brought it', () => {
    const failing =
      'migrate buf to gpu0\n    gpu0 fail migrate_to_ram times 1\n    read buf[0] expect SIGBUS';
    const { printed } = told(
      scenario(`${failing}\n    print why buf[0]\n    read buf[0]\n    print why buf[0]`),
    );
    expect(printed[0]).toMatch(
      /^buf\[0\] is in the memory of gpu0 .*: it was migrated by app at time \d+\.$/,
    );
    expect(printed[1]).toMatch(
      /^buf\[0\] is in system memory .*: a CPU access brought it home by app at time \d+\.$/,
    );
  });

  it('a migration after it is no part of it', () => {
    const { printed } = told(
      scenario(
        'migrate buf to gpu0\n    gpu0 fail migrate_to_ram times 1\n    read buf[0] expect SIGBUS\n    migrate buf from gpu0\n    print why buf[0]',
      ),
    );
    expect(printed[0]).toMatch(/^buf\[0\] is in system memory .*: it was migrated by app at time \d+\.$/);
  });
});

/** Two threads that meet over one page under some seed, so that A is refused by this rule: what is said of it. */
function metBy(rule: string, setup: string, a: string, b: string): Told {
  for (let seed = 0; seed < 60; seed++) {
    const text = `profile 6.12
device gpu0 private 1MiB
device gpu1 private 1MiB
machine { cpus 2 }
schedule seed ${seed}
process app {
    buf = mmap 4KiB anon rw
    write buf = 1
    ${setup}
    thread A cpu 0 { ${a} }
    thread B cpu 1 { ${b} }
    join A
    join B
    print why buf[0]
}
`;
    const { run, failures, printed } = runText(text);
    const log = [...run.kernel.events.between(0, run.kernel.time)]
      .filter(({ name, args }) => name === 'refused' && refusalOf(args).rule === rule)
      .map(({ name, args, task }) => enterWords(run.world, name, args, task));
    if (log.length > 0) return { log, failures, printed };
  }
  throw new Error(`nothing was refused by ${rule}`);
}

describe('two tasks', () => {
  it('a page that another one has locked', () => {
    const { log, failures, printed } = metBy(
      'locked',
      'drain lru',
      'barrier x; migrate buf to gpu0 expect ok',
      'barrier x; gpu1 exclusive buf',
    );
    expect(log[0]).toMatch(/^buf\[0\] stays: it is locked by app\.B \(migrate_vma_collect_pmd\)$/);
    expect(failures[0]).toMatch(/nothing was collected; buf\[0\] stayed: it is locked by app\.B$/);
    expect(printed[0]).toMatch(/it stayed at time \d+ \(migrate_vma_collect_pmd\): it is locked by app\.B/);
  });

  it('a page that another one is faulting', () => {
    const { log, failures, printed } = metBy(
      'reference_taken',
      'migrate buf to gpu0',
      'barrier x; migrate buf from gpu0 expect cpages 1',
      'barrier x; read buf',
    );
    const words = /refcount \d+, expected \d+; held by a fault of app\.B/;
    expect(log[0]).toMatch(words);
    expect(log[0]).toMatch(/^buf\[0\] stays: .* \(folio_migrate_mapping\)$/);
    expect(failures[0]).toMatch(words);
    expect(printed[0]).toMatch(/^buf\[0\] is in system memory .*: a CPU access brought it home by app.B/);
  });
});
