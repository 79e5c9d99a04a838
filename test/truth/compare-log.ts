/** A self-test or an experiment: the events of each process in their order. */

import { compareEvents } from './compare-events';
import type { Difference } from './compare-program';
import { FrameMap } from './frames';
import { asLogged, logEvents } from './log-events';
import type { LogRecord } from './log-record';
import type { ObservedEvent } from './observe-events';

/** What the engine's whole run of a log's scenario shows. */
export interface LogRun {
  readonly events: readonly ObservedEvent[];
  /** Why the engine went no further than `time`; undefined when it came to the end. */
  readonly stopped: string | undefined;
  readonly time: number;
}

/**
 * The first difference in any process, or undefined. Processes run at the same time in these records, so that only
 * the order inside each of them means something.
 */
export function compareLog(record: LogRecord, run: LogRun): Difference | undefined {
  const kernel = logEvents(record.log);
  const engine = asLogged(run.events);
  const frames = new FrameMap();
  for (const p of new Set(kernel.map((event) => event.p))) {
    const wanted = kernel.filter((event) => event.p === p);
    const found = engine.filter((event) => event.p === p);
    const divergence = compareEvents(wanted, found, frames, run.time);
    if (divergence === undefined) continue;
    const at = divergence.event ?? 0;
    const stopped = run.stopped === undefined ? divergence.engine : `${divergence.engine}; ${run.stopped}`;
    return {
      index: at,
      operation: record.source,
      text: `${record.test}, ${p}`,
      found: [{ ...divergence, engine: at < found.length ? divergence.engine : stopped }],
      recorded: { result: {}, events: wanted },
      events: found,
    };
  }
  return undefined;
}
