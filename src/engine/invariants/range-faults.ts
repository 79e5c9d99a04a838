/** What a driver enters into its device's table is an answer of hmm_range_fault that still holds (I27). */

import type { MirrorRow, MmRow, ProcessRow, TaskRow } from '../machine/ids';
import type { CheckState } from './state';

/** What a task asked last of [start, end). */
interface Asked {
  /** When it began, which is when it looked at the sequence last. */
  readonly time: number;
  readonly start: number;
  readonly end: number;
  /** By mirror: when it was invalidated last since. */
  readonly invalidated: Map<number, number>;
  /** Tasks that are still telling mirrors of an invalidation the answer knows of already: its entries have changed. */
  readonly known: Set<TaskRow>;
}

/** Tasks that tell the mirrors of 4.14 that an invalidation ends. Ranges asked for from now on are none of its business. */
function telling({ kernel: { tasks } }: CheckState): Set<TaskRow> {
  const found = new Set<TaskRow>();
  for (const task of tasks.tasks.rows()) if (tasks.readsMirrors.get(task) !== 0) found.add(task as TaskRow);
  return found;
}

/**
 * Since there are interval notifiers an answer is overtaken by every change of the mirror's sequence. Before
 * (hmm_invalidate_range of 4.14) it was overtaken by the end of an invalidation that overlaps what was asked for, at the
 * moment before the first mirror is told of it.
 */
export class RangeFaults {
  readonly #asked: (Asked | undefined)[] = [];

  asked(s: CheckState, task: TaskRow, start: number, pages: number): void {
    this.#asked[task] = {
      time: s.kernel.time,
      start,
      end: start + pages,
      invalidated: new Map(),
      known: telling(s),
    };
  }

  sequenceSet(s: CheckState, mirror: number): void {
    if (s.kernel.profile.intervalNotifiers) this.#overtake(s, mirror, () => true);
  }

  /** The task begins, or is done with, an invalidation: what it tells next is of another one. */
  invalidates(task: TaskRow): void {
    for (const asked of this.#asked) asked?.known.delete(task);
  }

  /** The task tells a mirror of its invalidation of [start, end). */
  told(s: CheckState, task: TaskRow, [mirror = 0, , , start = 0, end = 0]: readonly number[]): void {
    if (s.kernel.profile.intervalNotifiers) return;
    this.#overtake(s, mirror, (asked) => start < asked.end && asked.start < end && !asked.known.has(task));
  }

  #overtake(s: CheckState, mirror: number, isOvertaken: (asked: Asked) => boolean): void {
    for (const asked of this.#asked)
      if (asked && isOvertaken(asked)) asked.invalidated.set(mirror, s.kernel.time);
  }

  /** The driver enters the answer for the pages from `start` on. */
  entered(
    s: CheckState,
    task: TaskRow,
    [row = 0, process = 0, device = 0, start = 0]: readonly number[],
  ): void {
    const asked = this.#asked[task];
    this.#asked[task] = undefined;
    if (asked === undefined) return;
    const mirror = row as MirrorRow;
    const mm = s.kernel.tasks.mm.get(process as ProcessRow) as MmRow;
    const involved = { ...s.place(mm, start), mirror, device, task };
    s.at('mirror', mirror, s.now);
    if (s.mirrorsOf(mirror).mutex.get(mirror) !== task)
      s.happened(27, involved, "the driver enters pages into the device's table without its lock");
    const invalidated = asked.invalidated.get(mirror);
    if (invalidated !== undefined)
      s.happened(
        27,
        involved,
        `the driver enters what hmm_range_fault answered at time ${asked.time}, and the mirror was invalidated at time ${invalidated}`,
      );
  }

  /** After a jump nobody knows what was asked before it. */
  forget(): void {
    this.#asked.length = 0;
  }
}
