/** What a step works on: the machine, the profile it runs under, and the event log. */

import type { TaskRow } from '../machine/ids';
import { Machine } from '../machine/machine';
import type { Profile } from '../profiles/profile';
import { EventLog, type EventName } from './events';

/** Memory the event log may take before the oldest events are dropped. */
export const EVENT_BUDGET_BYTES = 64 * 2 ** 20;

export class Kernel extends Machine {
  /** Steps run so far; kept by the run loop. */
  time = 0;
  readonly events = new EventLog(EVENT_BUDGET_BYTES);

  constructor(readonly profile: Profile) {
    super();
  }

  get task(): TaskRow {
    return this.tasks.currentTask;
  }

  emit(name: EventName, ...args: number[]): void {
    this.events.append(this.time, this.task, name, false, args);
  }

  leave(name: EventName, ...args: number[]): void {
    this.events.append(this.time, this.task, name, true, args);
  }
}
