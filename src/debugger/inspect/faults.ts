/** Faults that have begun and not ended. */

import type { TaskRow } from '../../engine/machine/ids';
import type { PendingFault } from '../../protocol';
import { placeOf, showAddress, taskName, type World } from '../../scenario/environment';
import { routineOf, waitingOf } from '../waits';

/** Every pending fault, the oldest first. */
export function pendingFaults(world: World, stepText: (pc: number) => string = () => ''): PendingFault[] {
  const { faults, tasks } = world.kernel;
  const rows = [...faults.table.rows()].sort((a, b) => faults.since.get(a) - faults.since.get(b));
  return rows.map((row): PendingFault => {
    const task = faults.task.get(row) as TaskRow;
    const va = faults.address.get(row);
    const place = placeOf(world, tasks.processOf(task), va);
    const waiting = waitingOf(world, task);
    return {
      kind: 'cpu',
      id: `fault-${row}-${faults.since.get(row)}`,
      address: showAddress(va),
      ...(place === undefined ? {} : { place }),
      access: faults.write.get(row) !== 0 ? 'write' : 'read',
      since: faults.since.get(row),
      threadId: task,
      task: taskName(world, task),
      routine: routineOf(world, task),
      step: stepText(tasks.pc.get(task)),
      ...(waiting ? { waitingFor: waiting.what } : {}),
      ...(waiting?.holder === undefined ? {} : { heldBy: waiting.holder }),
      retries: faults.retries.get(row),
    };
  });
}
