/** Collects the rows of an answer, part of history by part, the newest part first. */

import type { TaskRow } from '../../engine/machine/ids';
import { type HistoryRow, MOST_ROWS } from '../../protocol/history';
import { taskName, type World } from '../../view/environment';
import type { CodeMap } from '../code-map';
import { scenarioLine } from '../stack';

export class Rows {
  #later: HistoryRow[] = [];
  #part: HistoryRow[] = [];
  /** Rows before the first that is kept were left out. */
  cut = false;

  constructor(
    readonly world: World,
    readonly map: CodeMap,
  ) {}

  get list(): readonly HistoryRow[] {
    return this.#later;
  }

  begin(): void {
    this.#part = [];
  }

  /** Something that happens now; `at` where its line is not the one that the task is working on. */
  add(task: TaskRow, what: string, values: string[] = [], at?: number): void {
    const { world, map } = this;
    const line = at ?? scenarioLine(world, map, task);
    this.#part.push({ time: world.kernel.time, line, task: taskName(world, task), what, values });
    if (this.#part.length < 2 * MOST_ROWS) return;
    this.#part.splice(0, MOST_ROWS);
    this.cut = true;
  }

  /** Takes the part that has been gone through; true where there are as many rows as are kept. */
  end(): boolean {
    const all = [...this.#part, ...this.#later];
    this.#part = [];
    this.cut ||= all.length > MOST_ROWS;
    this.#later = all.slice(-MOST_ROWS);
    return this.#later.length >= MOST_ROWS;
  }
}
