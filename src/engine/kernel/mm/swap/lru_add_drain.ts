/** Emptying the batches of a CPU (lru_add_drain, mm/swap.c): pages for the LRU, and folios that mlock has batched. */

import type { Kernel } from '../../../routine/kernel';
import { type Builder, Int, type Node, routine } from '../../../routine/routine';
import { mlock_drain_local, mlock_put_batch } from '../mlock/mlock_folio';
import { lru_add_drain_cpu } from './swap';

/** The batch of mlock on a CPU holds folios (need_mlock_drain). */
const need_mlock_drain = (k: Kernel, cpu: number): boolean => k.lru.mlock.first.get(cpu) !== 0;

/** The batches of a CPU hold something (cpu_needs_drain). */
export const cpu_needs_drain = (k: Kernel, cpu: number): boolean =>
  k.lru.add.first.get(cpu) !== 0 || need_mlock_drain(k, cpu);

/** Empties the batches of one CPU. */
export function lruAddDrainCpu<F>(r: Builder<F>, text: string, cpu: (k: Kernel, f: F) => number): Node<F> {
  return r.when(
    `${text} leaves mlock's batch with the last reference of device memory`,
    (k, f) => {
      lru_add_drain_cpu(k, cpu(k, f));
      mlock_drain_local(k, cpu(k, f));
      return need_mlock_drain(k, cpu(k, f));
    },
    [
      r.call('folios_put(fbatch)', mlock_put_batch, (k, f, callee) => {
        callee.cpu = cpu(k, f);
      }),
    ],
  );
}

/** lru_add_drain: the batches of this CPU. */
export function lruAddDrain<F>(r: Builder<F>): Node<F> {
  return lruAddDrainCpu(r, 'lru_add_drain()', (k) => k.tasks.cpu.get(k.task));
}

/** The batches of every CPU, one after another and at once: what an observer does between two statements. */
export const lru_drain_now = routine({
  name: '__lru_add_drain_all',
  file: 'mm/swap.c',
  about: 'Empty the batches of all CPUs; nobody has to wait for a worker.',
  params: {},
  locals: { cpu: Int },
  body: (r) => [
    r.loop('CPUs are left', (k, f) => f.cpu < k.cpus, [
      lruAddDrainCpu(r, 'lru_add_drain_cpu(cpu)', (_, f) => f.cpu),
      r.step('go on to the next CPU', (_, f) => {
        f.cpu++;
      }),
    ]),
  ],
});
