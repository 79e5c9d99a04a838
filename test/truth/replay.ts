/** A run that shows exactly what a record tells: the comparison's own test bench, where differences are planted. */

import type { PageRow } from '../../src/engine/machine/ids';
import { ERRNOS, SIGNALS } from '../../src/language';
import type { Observation, Run } from './compare-program';
import type { ObservedResult } from './compare-result';
import { Expected } from './expected';
import type { ObservedEvent } from './observe-events';
import { type ObservedMirror, type ObservedRow, rowKey } from './observe-state';
import type { Operation, ProgramRecord, RecordedEvent, RecordedResult, Row } from './record';

/** Lets a test change what the run shows of one operation. */
export type Plant = (seen: Observation, index: number) => Observation;

const ENOSYS = ERRNOS.get('ENOSYS') ?? 0;

function resultOf(op: Operation): ObservedResult {
  const { ret, err, value, cpages, faults, data, sig, code, at }: RecordedResult = op.result;
  return {
    ret: ret ?? -1,
    errno: err ?? (sig === undefined ? ENOSYS : 0),
    signal: sig === undefined ? 0 : (SIGNALS.get(sig) ?? 0),
    code: code ?? 0,
    at: { buf: at?.buf ?? 'A', page: at?.page ?? 0, alt: at?.alt === 1 ? 1 : 0 },
    cpages: cpages ?? 0,
    faults: faults ?? 0,
    data: data ?? (value === undefined ? [] : [value]),
    livelock: op.result.livelock ?? 0,
  };
}

/** Numbers of device pages lie above those of RAM. */
const DEVICE_PAGES = 1 << 20;

/** Hands out page numbers for frame names, those of R names that have ended again first. */
class Numbers {
  readonly #numbers = new Map<string, number>();
  readonly #free: number[] = [];
  #next = 1;

  of(name: string): PageRow {
    const known = this.#numbers.get(name);
    if (known !== undefined) return known as PageRow;
    const fresh = name.startsWith('D') ? DEVICE_PAGES + this.#next++ : (this.#free.pop() ?? this.#next++);
    this.#numbers.set(name, fresh);
    return fresh as PageRow;
  }

  /** Takes back what anonymous frames had that no row names any more. */
  reclaim(rows: Iterable<Row>, files: ReadonlySet<string>): void {
    const mapped = new Set([...rows].map((row) => row.frame));
    for (const [name, number] of this.#numbers) {
      if (!name.startsWith('R') || mapped.has(name) || files.has(name)) continue;
      this.#numbers.delete(name);
      this.#free.push(number);
    }
  }
}

/** Of events that were cut off only the number is known: the last one that is stands for them. */
function asMany(kept: readonly ObservedEvent[], count: number): ObservedEvent[] {
  const cut = Array.from({ length: count - kept.length }, () => kept.slice(-1)).flat();
  return [...kept, ...cut];
}

class Replay implements Run {
  readonly #expected = new Expected();
  readonly #numbers = new Numbers();
  readonly #files = new Set<string>();

  constructor(
    readonly record: ProgramRecord,
    readonly plant: Plant,
  ) {}

  operation(index: number): Observation {
    const op = this.record.ops[index];
    if (op === undefined) throw new RangeError(`no operation ${index}`);
    this.#expected.apply(op);
    for (const row of this.#expected.rows.values())
      if (row.anon === 0 && row.frame !== undefined) this.#files.add(row.frame);
    this.#numbers.reclaim(this.#expected.rows.values(), this.#files);
    const { alive, vmas, devUsed } = this.#expected;
    const state = { rows: this.#rows(), alive, vmas, devUsed, mirror: this.#mirror() };
    const kept = op.events.map((event, i) => this.#event(event, index * 100 + i));
    const events = asMany(kept, op.eventsCut ?? kept.length);
    const time = index * 100 + 99;
    return this.plant({ result: resultOf(op), returned: time - 1, time, events, state }, index);
  }

  #rows(): Map<string, ObservedRow> {
    return new Map(
      [...this.#expected.rows.values()].map((row) => {
        const { frame, w, ...rest } = row;
        const fields = {
          ...rest,
          ...(typeof w === 'number' ? { w } : {}),
          ...(frame === undefined ? {} : { frame: this.#numbers.of(frame) }),
        };
        return [rowKey(row.p, row), fields];
      }),
    );
  }

  #mirror(): ObservedMirror[] {
    return this.#expected.mirror.map((entry) => ({
      ...entry,
      alt: entry.alt === 1 ? 1 : 0,
      zero: entry.frame === 'zero',
      frame: this.#numbers.of(entry.frame.replace('*', '')),
    }));
  }

  #event(event: RecordedEvent, time: number): ObservedEvent {
    const { frame, ...rest } = event;
    return { ...rest, time, ...(frame === undefined ? {} : { frame: this.#numbers.of(frame) }) };
  }
}

/** A run that agrees with the record, but for what `plant` changes. */
export function replay(record: ProgramRecord, plant: Plant = (seen) => seen): Run {
  return new Replay(record, plant);
}
