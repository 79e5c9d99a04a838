/**
 * migrate_vma of 4.14 to 5.3 (mm/migrate.c): one call with the driver's copy and map steps as callbacks in between. The
 * collect, pages and finalize steps are those of migrate_device.ts; prepare and unmap are what later became one.
 */

import type { MigrationRow } from '../../../machine/ids';
import type { EventName } from '../../../routine/event-schema';
import type { Kernel } from '../../../routine/kernel';
import { type Builder, MigrationT, type Node, routine } from '../../../routine/routine';
import { Errno } from '../../constants';
import { leaves } from '../memory/vmf';
import { log_array } from '../migrate_device/migrate_arrays';
import { invalid_arguments, migrate_vma_finalize, migrate_vma_pages } from '../migrate_device/migrate_device';
import { migrate_vma_prepare, migrate_vma_unmap } from '../migrate_device/migrate_unmap';
import { migrate_vma_collect } from '../migrate_device/migrate_vma_collect';

type F = { migration: MigrationRow };
const pass = (_: Kernel, f: F, callee: F): void => {
  callee.migration = f.migration;
};
const driverOf = (k: Kernel, f: F): number => k.devices.driver.get(k.migrations.owner.get(f.migration));
const nothing = (k: Kernel, f: F): boolean => k.migrations.cpages.get(f.migration) === 0;

const opens = (r: Builder<F>, name: EventName, text: string): Node<F> =>
  r.step(text, (k, f) => {
    const start = k.migrations.start.get(f.migration);
    k.emit(name, start, k.migrations.end.get(f.migration) - start);
  });
const closes = (r: Builder<F>, name: EventName): Node<F> =>
  r.step('count what still migrates', (k, f) => {
    log_array(k, f.migration, false);
    k.leave(name, k.migrations.cpages.get(f.migration));
  });
const MIGRATE = 'migrate_vma';
const done = (r: Builder<F>): Node<F> => leaves(r, MIGRATE, 'return 0', () => 0);

export const migrate_vma = routine({
  name: MIGRATE,
  file: 'mm/migrate.c',
  about:
    'Migrate a range: collect, prepare, unmap, the driver copies, pages, the driver maps, finalize. 0 even if nothing moved.',
  params: { migration: MigrationT },
  body: (r) => [
    opens(r, 'migrate_vma', 'check the arguments'),
    r.when('they are wrong', (k, f) => invalid_arguments(k, f.migration), [
      leaves(r, MIGRATE, 'return -EINVAL', () => -Errno.EINVAL),
    ]),
    opens(r, 'migrate_vma_collect', 'collect: find which pages may move'),
    r.call('migrate_vma_collect(migrate)', migrate_vma_collect, pass),
    closes(r, 'migrate_vma_collect'),
    r.when('(!migrate.cpages)', nothing, [done(r)]),
    opens(r, 'migrate_vma_prepare', 'prepare: lock and isolate'),
    r.call('migrate_vma_prepare(migrate)', migrate_vma_prepare, pass),
    closes(r, 'migrate_vma_prepare'),
    r.when('(!migrate.cpages)', nothing, [done(r)]),
    opens(r, 'migrate_vma_unmap', 'unmap: take the pages out of every other page table'),
    r.call('migrate_vma_unmap(migrate)', migrate_vma_unmap, pass),
    closes(r, 'migrate_vma_unmap'),
    r.when('(!migrate.cpages)', nothing, [done(r)]),
    r.yield('Y7'),
    r.callback('ops->alloc_and_copy(vma, src, dst, start, end)', 'alloc_and_copy', driverOf, pass),
    r.call('migrate_vma_pages(migrate)', migrate_vma_pages, pass),
    r.callback('ops->finalize_and_map(vma, src, dst, start, end)', 'finalize_and_map', driverOf, pass),
    r.call('migrate_vma_finalize(migrate)', migrate_vma_finalize, pass),
    done(r),
  ],
});
