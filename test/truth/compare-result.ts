/** What an operation returned. */

import { Errno } from '../../src/engine/kernel/constants';
import { ERRNOS, SIGNALS } from '../../src/language';
import { type Divergence, show } from './divergence';
import { type Place, showPlace } from './places';
import type { Operation, RecordedResult } from './record';

/** What a statement of the engine left. `signal` 0 = none. */
export interface ObservedResult {
  readonly ret: number;
  readonly errno: number;
  readonly signal: number;
  readonly code: number;
  /** Where the signal says the access was. */
  readonly at: Place;
  readonly cpages: number;
  readonly faults: number;
  readonly data: readonly number[];
  /** 1: it ended only because the driver gave up, as the recorder's did. */
  readonly livelock: number;
}

const nameOf = (names: ReadonlyMap<string, number>, number: number): string =>
  [...names].find(([, value]) => value === number)?.[0] ?? `${number}`;

function outcome(signal: number, errno: number): string {
  if (signal !== 0) return nameOf(SIGNALS, signal);
  return errno === 0 ? 'success' : nameOf(ERRNOS, errno);
}

/** What the recorder's own call makes of a result: its `gup` returns all pages or EFAULT, where the kernel's gives some. */
export function asRecorded(
  { op, args }: Pick<Operation, 'op' | 'args'>,
  engine: ObservedResult,
): ObservedResult {
  const isPartial = op === 'gup' && engine.errno === 0 && engine.ret < Number(args[3]);
  return isPartial ? { ...engine, ret: -1, errno: Errno.EFAULT } : engine;
}

/** Differences between results. Counts and data are there only on success: on an error the driver returns none. */
export function compareResult(op: string, kernel: RecordedResult, engine: ObservedResult, time: number) {
  const differences: Divergence[] = [];
  const add = (field: string, wanted: string, found: string): void => {
    differences.push({ level: 'result', field, where: '', kernel: wanted, engine: found, time });
  };
  const signal = kernel.sig === undefined ? 0 : (SIGNALS.get(kernel.sig) ?? -1);
  const errno = kernel.err ?? 0;
  if ((kernel.livelock ?? 0) !== engine.livelock) {
    const shown = (livelock: number): string => (livelock === 1 ? 'never ends' : 'ends');
    add('livelock', shown(kernel.livelock ?? 0), shown(engine.livelock));
    return differences;
  }
  if (signal !== engine.signal || (signal === 0 && errno !== engine.errno)) {
    add('outcome', outcome(signal, errno), outcome(engine.signal, engine.errno));
    return differences;
  }
  if (signal !== 0) {
    if (kernel.code !== engine.code) add('si_code', show(kernel.code), show(engine.code));
    if (kernel.at !== undefined && showPlace(kernel.at) !== showPlace(engine.at))
      add('si_addr', showPlace(kernel.at), showPlace(engine.at));
    return differences;
  }
  if (errno !== 0) return differences;
  if ((op === 'pin' || op === 'unpin') && kernel.ret !== engine.ret)
    add('ret', show(kernel.ret), show(engine.ret));
  if (kernel.value !== undefined && kernel.value !== engine.data[0])
    add('value', show(kernel.value), show(engine.data[0]));
  for (const field of ['cpages', 'faults'] as const)
    if (kernel[field] !== undefined && kernel[field] !== engine[field])
      add(field, show(kernel[field]), show(engine[field]));
  if (kernel.data !== undefined && kernel.data.join() !== engine.data.join())
    add('data', show(kernel.data), show(engine.data));
  return differences;
}
