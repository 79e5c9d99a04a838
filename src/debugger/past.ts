/** What a session knows of its timeline besides the events: who was there, and where it has stopped. */

import type { TaskRow } from '../engine/machine/ids';
import { MOST_TICKS, type TimelineTick } from '../protocol';
import type { World } from '../view/environment';
import { PageMoves } from '../view/pictures/page-moves';
import { type KnownTask, knownTask } from '../view/pictures/timeline';

export class SessionPast {
  readonly tasks: KnownTask[] = [];
  #stops: TimelineTick[] = [];
  #moves: PageMoves;

  constructor(readonly world: World) {
    this.#moves = new PageMoves(world);
  }

  /** The newest of the stops at breakpoints and exceptions. */
  get stops(): readonly TimelineTick[] {
    return this.#stops;
  }

  /** The session stands somewhere; `text`: what stopped it, where that was no move of the user's. */
  stood(time: number, text: string | undefined): void {
    const { tasks } = this.world.kernel.tasks;
    // Rows of tasks are never used again.
    for (let row = this.tasks.length + 1; row <= tasks.length; row++)
      this.tasks.push(knownTask(this.world, row as TaskRow));
    if (text === undefined || this.#stops.some((stop) => stop.time === time)) return;
    this.#stops.push({ time, kind: 'stop', text });
    if (this.#stops.length > MOST_TICKS) this.#stops.shift();
  }

  /** The moves of pages before a time: counted on from the last time asked for, if that is not later. */
  movesUntil(time: number): PageMoves {
    if (this.#moves.until > time) this.#moves = new PageMoves(this.world);
    this.#moves.advance(time);
    return this.#moves;
  }

  /** Another timeline begins at `time`: who came later, and what stopped later, has never been. */
  truncate(time: number): void {
    this.tasks.length = Math.min(this.tasks.length, this.world.kernel.tasks.tasks.length);
    this.#stops = this.#stops.filter((stop) => stop.time <= time);
    if (this.#moves.until > time) this.#moves = new PageMoves(this.world);
  }
}
