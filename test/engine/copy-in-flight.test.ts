/** The driver's copy takes time: other tasks run while a page's contents are on their way. */

import { describe, expect, it } from 'vitest';
import { memory } from '../../src/engine/drivers/dmirror/tables';
import { pte_page } from '../../src/engine/kernel/mm/pgtable';
import type { Vpn } from '../../src/engine/machine/ids';
import { Pg } from '../../src/engine/machine/pages';
import { Pte } from '../../src/engine/machine/pte';
import { Wait } from '../../src/engine/machine/tasks';
import { Staged } from './staged';
import { blockedOn } from './under-seeds';

const BUF = 0x1000000;

const textOf = (profile: string, before: string, a: string): string => `
  profile ${profile}
  machine { cpus 4 }
  device gpu0 private 1MiB
  process p {
    buf = mmap 8KiB anon rw at 0x1000000000
    write buf = 1 rising
    drain lru
    open gpu0
    ${before}
    thread A cpu 1 { ${a} }
    thread B cpu 2 { read buf[1] expect 2; write buf[0] = 9 }
    join A
    join B
    read buf[0] expect 9
    read buf[1] expect 2
  }`;

const TO = 'dmirror_migrate_alloc_and_copy';
const HOME = 'dmirror_devmem_fault_alloc_and_copy';
const AWAY = 'migrate buf to gpu0';
const CASES: readonly [profile: string, routine: string, before: string, a: string][] = [
  ['4.14', TO, '', AWAY],
  ['6.12', TO, '', AWAY],
  ['4.14', HOME, AWAY, 'migrate buf from gpu0'],
  ['6.12', HOME, AWAY, 'migrate buf from gpu0'],
  ['6.12', 'dmirror_device_evict_chunk', AWAY, 'gpu0 evict'],
];

describe.each(CASES)('under %s, in %s', (profile, routine, before, a) => {
  it('each page is copied on its own, and who touches one meanwhile waits for the migration', () => {
    const run = new Staged(textOf(profile, before, a));
    const { kernel: k } = run;
    const copying = (): boolean => run.standsAt('A', routine, 'Y7');
    for (const copied of [0, 1]) {
      run.only('A', copying);
      const [migration = 0] = k.migrations.table.rows();
      const slots = [...k.slots.of(k.migrations.head.get(migration) as never)];
      expect(slots.filter((slot) => k.slots.dstPage.get(slot) !== 0)).toHaveLength(copied);
      run.only('A', () => !copying());
    }
    for (const vpn of [BUF, BUF + 1] as Vpn[]) {
      expect(run.kind(vpn)).toBe(Pte.Migration);
      expect(k.pages.has(pte_page(k, run.entry(vpn)), Pg.Locked)).toBe(true);
    }
    run.only('B', () => blockedOn(k, run.task('B'), Wait.MigrationEntry));
    expect(run.finish()).toEqual([]);
  });
});

describe('under 6.12', () => {
  it('others run between migrate_vma_setup and the copy', () => {
    const run = new Staged(textOf('6.12', '', AWAY));
    const { kernel: k } = run;
    run.only('A', () => run.standsAt('A', 'dmirror_migrate', 'Y7'));
    expect(run.kind(BUF as Vpn)).toBe(Pte.Migration);
    expect(memory.of(k).calloc.get(1)).toBe(0);
    run.only('B', () => blockedOn(k, run.task('B'), Wait.MigrationEntry));
    expect(run.finish()).toEqual([]);
  });
});
