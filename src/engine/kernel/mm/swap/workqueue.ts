/** Per-CPU kernel workers and the work that is queued on them: draining LRU batches (lru_add_drain_all, mm/swap.c). */

import { Wait } from '../../../machine/tasks';
import type { Kernel } from '../../../routine/kernel';
import { Int, routine } from '../../../routine/routine';
import { kthread_alloc } from '../../kernel/process';
import { cpu_needs_drain, lruAddDrainCpu } from './lru_add_drain';

/** A worker of one CPU: sleeps until something is queued there. It can only run when its CPU is free. */
export const kworker = routine({
  name: 'lru_add_drain_per_cpu',
  file: 'mm/swap.c',
  about: "A kernel worker: empties its CPU's batch of pages when it is asked to, and sleeps otherwise.",
  params: { cpu: Int },
  body: (r) => [
    r.loop('(true)', () => true, [
      r.wait(
        'sleep until work is queued on this CPU',
        Wait.Kworker,
        (_, f) => f.cpu,
        (k, f) => k.lru.drainAsked.get(f.cpu) !== 0,
      ),
      lruAddDrainCpu(r, 'lru_add_drain_cpu(cpu)', (_, f) => f.cpu),
      r.step('the work is done', (k, f) => {
        k.lru.drainAsked.set(f.cpu, 0);
        k.tasks.wake(Wait.LruDrain, 0);
      }),
    ]),
  ],
});

/** The worker of each CPU as a task without a process. `name` numbers the name of a CPU's worker. */
export function start_workers(k: Kernel, name: (cpu: number) => number): void {
  for (let cpu = 0; cpu < k.cpus; cpu++) {
    const task = kthread_alloc(k, name(cpu), cpu);
    k.start(task, kworker, (frame) => {
      (frame as unknown as { cpu: number }).cpu = cpu;
    });
    k.lru.worker.set(cpu, task);
    // It is asleep from the start: nothing is queued yet.
    k.tasks.block(task, Wait.Kworker, cpu, k.time);
  }
}

/** Asks the worker of every CPU that has pages in its batches to empty them. */
function queue_drain(k: Kernel): void {
  for (let cpu = 0; cpu < k.cpus; cpu++) {
    if (!cpu_needs_drain(k, cpu)) continue;
    k.lru.drainAsked.set(cpu, 1);
    k.tasks.wake(Wait.Kworker, cpu);
  }
}

function drained(k: Kernel): boolean {
  for (let cpu = 0; cpu < k.cpus; cpu++) if (k.lru.drainAsked.get(cpu) !== 0) return false;
  return true;
}

/** Every CPU's batch reaches the LRU: each CPU with pages in its batch must run its worker before this returns. */
export const lru_add_drain_all = routine({
  name: 'lru_add_drain_all',
  file: 'mm/swap.c',
  about: 'Queue the drain on every CPU whose batch holds pages, and sleep until all of them have run it.',
  params: {},
  body: (r) => [
    r.step('queue_work_on(cpu) where the batch holds pages', (k) => queue_drain(k)),
    r.yield('Y6'),
    r.wait(
      'flush_work(): sleep until every worker is done',
      Wait.LruDrain,
      () => 0,
      (k) => drained(k),
    ),
  ],
});
