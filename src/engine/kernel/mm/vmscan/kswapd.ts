/** The thread of each node that swaps out in the background when memory runs short (kswapd of mm/vmscan.c). */

import type { TaskRow } from '../../../machine/ids';
import { Wait } from '../../../machine/tasks';
import type { Kernel } from '../../../routine/kernel';
import { Int, routine } from '../../../routine/routine';
import { kthread_alloc } from '../../kernel/process';
import { can_run } from '../../kernel/sched';
import { leaves } from '../memory/vmf';
import { is_hopeless, pgdat_balanced } from '../page_alloc/watermarks';
import { shrinkNode } from './reclaim';

const BALANCE = 'balance_pgdat';

/** One round: every page of the node's lists is looked at once, unless the node has enough before that. */
const balance_pgdat = routine({
  name: BALANCE,
  file: 'mm/vmscan.c',
  about:
    'Reclaim until a zone of the node is above its high watermark. A round that frees nothing counts as a failure.',
  params: { node: Int },
  locals: { left: Int, freed: Int },
  body: (r) => [
    r.step('note the node', (k, f) => k.emit(BALANCE, f.node)),
    ...shrinkNode(r, 'the node has too few free', (k, f) => !pgdat_balanced(k, f.node)),
    r.when('(!sc.nr_reclaimed)', (_, f) => f.freed === 0, [
      r.step('pgdat->kswapd_failures++', (k, f) => {
        k.kswapd.failures.add(f.node, 1);
      }),
    ]),
    leaves(r, BALANCE, 'return nr_reclaimed', (_, f) => f.freed),
  ],
});

export const kswapd = routine({
  name: 'kswapd',
  file: 'mm/vmscan.c',
  about:
    'The swap-out thread of a node: sleeps until an allocation finds every zone below its low watermark.',
  params: { node: Int },
  body: (r) => [
    r.loop('(true)', () => true, [
      r.wait(
        'kswapd_try_to_sleep(): sleep until memory is short',
        Wait.Kswapd,
        (_, f) => f.node,
        (k, f) => k.kswapd.asked.get(f.node) !== 0,
      ),
      r.step('it is awake', (k, f) => {
        k.kswapd.asked.set(f.node, 0);
      }),
      r.loop(
        'the node has too few free pages, and is not hopeless',
        (k, f) => !pgdat_balanced(k, f.node) && !is_hopeless(k, f.node),
        [
          r.call('balance_pgdat(pgdat)', balance_pgdat, (_, f, callee) => {
            callee.node = f.node;
          }),
        ],
      ),
    ]),
  ],
});

function start_kswapd(k: Kernel, node: number, name: number): void {
  const task = kthread_alloc(k, name, node % k.cpus);
  k.kswapd.task.set(node, task);
  k.start(task, kswapd, (frame) => {
    (frame as unknown as { node: number }).node = node;
  });
}

/**
 * Gives each node its kswapd; `name` numbers the name of a node's. It becomes a task when it is first woken: one that has
 * always slept does nothing that anybody could see, and a machine with memory to spare needs not pay for it.
 */
export function provide_kswapds(k: Kernel, name: (node: number) => number): void {
  k.wakeKswapd = (node) => {
    if (k.kswapd.asked.get(node) !== 0) return;
    k.kswapd.asked.set(node, 1);
    if (k.kswapd.task.get(node) === 0) start_kswapd(k, node, name(node));
    else k.tasks.wake(Wait.Kswapd, node);
  };
}

/** A kswapd that has something to do and a free CPU, or 0. */
export function runnable_kswapd(k: Kernel): TaskRow {
  for (let node = 0; node < k.nodes; node++) {
    const task = k.kswapd.task.get(node) as TaskRow;
    if (task !== 0 && can_run(k, task)) return task;
  }
  return 0 as TaskRow;
}
