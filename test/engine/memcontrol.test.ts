import { describe, expect, it } from 'vitest';
import { dmirror_migrate_to_system } from '../../src/engine/drivers/dmirror/migrate';
import { memcg_stat } from '../../src/engine/kernel/fs/proc/meminfo';
import { memcg_set_limit } from '../../src/engine/kernel/mm/memcontrol';
import { sys_swapon } from '../../src/engine/kernel/mm/swapfile/swapfile';
import { try_to_free_mem_cgroup_pages } from '../../src/engine/kernel/mm/vmscan/vmscan';
import { PTE_KIND, Pte } from '../../src/engine/machine/pte';
import { linux414 } from '../../src/engine/profiles/linux-4.14';
import { linux612 } from '../../src/engine/profiles/linux-6.12';
import { Bench } from './bench';

const A = 0x1000000;
/** The group that the bench's process is in. */
const GROUP = 1;

describe.each([linux414, linux612])('a memory cgroup under $name', (profile) => {
  it('is charged for pages on a device, which are on no LRU list', () => {
    const bench = new Bench(profile);
    const mirror = bench.open(1);
    bench.mmap(A, 4);
    for (let i = 0; i < 4; i++) bench.write(A + i, i);
    expect(memcg_stat(bench.kernel, GROUP)).toEqual({ current: 4, anon: 4, inactiveAnon: 4, activeAnon: 0 });
    bench.toDevice(mirror, A, 2);
    expect(memcg_stat(bench.kernel, GROUP)).toEqual({ current: 4, anon: 4, inactiveAnon: 2, activeAnon: 0 });
    bench.munmap(A, 4);
    expect(memcg_stat(bench.kernel, GROUP).current).toBe(0);
  });

  it('is charged anew for holes that a migration fills, which fails at the limit', () => {
    const bench = new Bench(profile);
    const mirror = bench.open(1);
    bench.mmap(A, 4);
    memcg_set_limit(bench.kernel, GROUP, 3);
    bench.toDevice(mirror, A, 4);
    const kinds = [0, 1, 2, 3].map((i) => bench.pte(A + i) & PTE_KIND);
    expect(kinds).toEqual([Pte.DevicePrivate, Pte.DevicePrivate, Pte.DevicePrivate, Pte.None]);
    expect(memcg_stat(bench.kernel, GROUP).current).toBe(3);
  });

  it('at its limit lets pages come home: the charge moves with them', () => {
    const bench = new Bench(profile);
    const mirror = bench.open(1);
    bench.mmap(A, 2);
    bench.write(A, 1);
    bench.write(A + 1, 2);
    bench.toDevice(mirror, A, 2);
    memcg_set_limit(bench.kernel, GROUP, 2);
    bench.call(dmirror_migrate_to_system, mirror, A, 2);
    expect([bench.read(A), bench.read(A + 1)]).toEqual([1, 2]);
    expect(memcg_stat(bench.kernel, GROUP)).toMatchObject({ current: 2, inactiveAnon: 2 });
  });

  it('can be reclaimed, except what is on a device', () => {
    const bench = new Bench(profile);
    bench.call(sys_swapon, 64);
    const mirror = bench.open(1);
    bench.mmap(A, 4);
    for (let i = 0; i < 4; i++) bench.write(A + i, i);
    bench.toDevice(mirror, A, 2);
    expect(bench.call(try_to_free_mem_cgroup_pages, GROUP, 100)).toBe(2);
    expect(memcg_stat(bench.kernel, GROUP)).toEqual({ current: 2, anon: 2, inactiveAnon: 0, activeAnon: 0 });
    bench.read(A + 3);
    expect(memcg_stat(bench.kernel, GROUP).current).toBe(3);
  });
});
