/** The file that `run --trace-out` writes. */

import { closeSync, openSync, writeSync } from 'node:fs';
import type { TaskRow } from '../engine/machine/ids';
import type { EventName } from '../engine/routine/event-schema';
import type { World } from '../view/environment';
import { TraceEvents } from '../view/trace-events';
import { FileError, reasonOf } from './files';

/** Characters that are written at once. */
const AT_ONCE = 1 << 20;

export class TraceFile {
  readonly #events: TraceEvents;
  readonly #descriptor: number;
  #text = '{"displayTimeUnit":"ns","traceEvents":[';
  #separator = '\n';

  /** Throws FileError, as `see` and `end` do. */
  constructor(
    world: World,
    readonly file: string,
  ) {
    this.#descriptor = this.#try(() => openSync(file, 'w'));
    this.#events = new TraceEvents(world, (event) => {
      this.#text += this.#separator + JSON.stringify(event);
      this.#separator = ',\n';
      if (this.#text.length > AT_ONCE) this.#flush();
    });
  }

  see(task: TaskRow, name: EventName, leave: boolean, args: readonly number[]): void {
    this.#events.see(task, name, leave, args);
  }

  /** The run is over. */
  end(): void {
    this.#events.end();
    this.#text += '\n]}\n';
    this.#flush();
    closeSync(this.#descriptor);
  }

  #flush(): void {
    this.#try(() => writeSync(this.#descriptor, this.#text));
    this.#text = '';
  }

  #try<T>(action: () => T): T {
    try {
      return action();
    } catch (error) {
      throw new FileError(`${this.file}: it can't be written: ${reasonOf(error)}`);
    }
  }
}
