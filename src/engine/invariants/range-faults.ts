/** What a driver enters into its device's table is an answer of hmm_range_fault that still holds (I27). */

import type { MirrorRow, MmRow, ProcessRow, TaskRow } from '../machine/ids';
import type { CheckState } from './state';

export class RangeFaults {
  /** By task: when its latest hmm_range_fault began, which is when it looked at the sequence last. */
  readonly #began: (number | undefined)[] = [];
  /** By mirror: when its sequence was set last. */
  readonly #set: (number | undefined)[] = [];

  asked(s: CheckState, task: TaskRow): void {
    this.#began[task] = s.kernel.time;
  }

  sequenceSet(s: CheckState, mirror: number): void {
    this.#set[mirror] = s.kernel.time;
  }

  /** The driver enters the answer for the pages from `start` on. */
  entered(
    s: CheckState,
    task: TaskRow,
    [row = 0, process = 0, device = 0, start = 0]: readonly number[],
  ): void {
    const began = this.#began[task];
    this.#began[task] = undefined;
    if (began === undefined) return;
    const mirror = row as MirrorRow;
    const mm = s.kernel.tasks.mm.get(process as ProcessRow) as MmRow;
    const involved = { ...s.place(mm, start), mirror, device, task };
    s.at('mirror', mirror, s.now);
    if (s.mirrorsOf(mirror).mutex.get(mirror) !== task)
      s.happened(27, involved, "the driver enters pages into the device's table without its lock");
    const set = this.#set[mirror] ?? 0;
    if (set >= began)
      s.happened(
        27,
        involved,
        `the driver enters what hmm_range_fault answered at time ${began}, and the mirror was invalidated at time ${set}`,
      );
  }

  /** After a jump nobody knows what was asked before it. */
  forget(): void {
    this.#began.length = 0;
    this.#set.length = 0;
  }
}
