/** A self-test or an experiment: the events of each process in their order. */

import { compareEvents } from './compare-events';
import type { Difference } from './compare-program';
import { FrameMap } from './frames';
import { asLogged, logEvents } from './log-events';
import type { LogRecord } from './log-record';
import type { ObservedEvent } from './observe-events';
import type { RecordedEvent } from './record';

/** What the engine's whole run of a log's scenario shows. */
export interface LogRun {
  readonly events: readonly ObservedEvent[];
  /** Why the engine went no further than `time`; undefined when it came to the end. */
  readonly stopped: string | undefined;
  readonly time: number;
}

/** Whether an event is about a page of a buffer; what a program does elsewhere is not logged. */
function inBuffer({ buffers }: LogRecord, { buf, page = 0, npages = 1 }: ObservedEvent): boolean {
  if (buf === undefined) return true;
  const buffer = buffers[buf];
  const first = buffer?.firstPage ?? 0;
  return buffer === undefined || (page + npages > first && page < first + buffer.pages);
}

/** Events by which an eviction brings pages back. */
const EVICTION: ReadonlySet<string> = new Set(['set_migration_pte', 'remove_migration_pte', 'page_free']);

/**
 * An eviction takes pages in the order of their numbers on the device, which depends on what ran before: there the
 * order of the pages means nothing, nor which page is freed when.
 */
function evictedInAnyOrder<T extends RecordedEvent | ObservedEvent>(events: readonly T[]): T[] {
  const sorted: T[] = [];
  for (let i = 0; i < events.length; ) {
    let end = i;
    while (EVICTION.has(events[end]?.e ?? '') && events[end]?.inside === '') end++;
    const run = events.slice(i, end);
    if (!run.some(({ e }) => e === 'remove_migration_pte')) end = Math.max(end, i + 1);
    else run.sort(byKindAndPlace);
    const evicts = run.some(({ e }) => e === 'remove_migration_pte');
    sorted.push(...(evicts ? run.map(withoutFrame) : events.slice(i, end)));
    i = end;
  }
  return sorted;
}

const ORDER = [...EVICTION];

type Placed = { readonly e: string; readonly buf?: string | undefined; readonly page?: number | undefined };

function byKindAndPlace(a: Placed, b: Placed): number {
  const kinds = ORDER.indexOf(a.e) - ORDER.indexOf(b.e);
  return kinds || (a.buf ?? '').localeCompare(b.buf ?? '') || (a.page ?? 0) - (b.page ?? 0);
}

function withoutFrame<T extends RecordedEvent | ObservedEvent>(event: T): T {
  const { frame: _frame, devIdx: _devIdx, ...rest } = event;
  return rest as T;
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
    const wanted = evictedInAnyOrder(kernel.filter((event) => event.p === p));
    const found = evictedInAnyOrder(engine.filter((event) => event.p === p && inBuffer(record, event)));
    const divergence = compareEvents({ events: wanted }, found, frames, run.time);
    if (divergence === undefined) continue;
    const at = divergence.event ?? 0;
    const stopped = run.stopped === undefined ? divergence.engine : `${divergence.engine}; ${run.stopped}`;
    return {
      index: at,
      operation: record.source,
      text: `${record.test}, ${p}`,
      found: [{ ...divergence, engine: at < found.length - 1 ? divergence.engine : stopped }],
      recorded: { result: {}, events: wanted },
      events: found,
    };
  }
  return undefined;
}
