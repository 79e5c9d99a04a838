import { describe, expect, it } from 'vitest';
import type { TaskRow } from '../../src/engine/machine/ids';
import { type EventName, KIND } from '../../src/engine/routine/event-schema';
import { type Event, EventLog } from '../../src/engine/routine/events';

const NAMES: readonly EventName[] = ['handle_mm_fault', 'print', 'migrate_array'];

/** The event that stands at `time`: names, tasks and numbers of arguments take turns, and some numbers are large. */
function eventAt(time: number): Event {
  const args = Array.from({ length: time % 7 }, (_, i) => (i === 0 ? 2 ** 47 - time : time * i - 5));
  const name = NAMES[time % NAMES.length] ?? 'print';
  return { time, task: ((time * 13) % 5000) as TaskRow, name, leave: time % 2 === 1, args };
}

function append(log: EventLog, from: number, to: number): void {
  for (let time = from; time < to; time++) {
    const { task, name, leave, args } = eventAt(time);
    log.append(time, task, name, leave, args);
  }
}

const events = (from: number, to: number): Event[] =>
  Array.from({ length: to - from }, (_, i) => eventAt(from + i));

const MANY = 50_000;

describe('the event log', () => {
  it('gives back what was appended', () => {
    const log = new EventLog(2 ** 30);
    append(log, 0, MANY);
    expect([...log.between(0, MANY)]).toEqual(events(0, MANY));
    expect([...log.between(123, 40_000)]).toEqual(events(123, 40_000));
  });

  it('keeps to its budget, and what is left is whole', () => {
    const log = new EventLog(3 * 2 ** 17);
    append(log, 0, MANY);
    expect(log.bytes).toBeLessThanOrEqual(4 * 2 ** 17);
    expect(log.droppedBefore).toBeGreaterThan(0);
    expect([...log.between(0, MANY)]).toEqual(events(log.droppedBefore, MANY));
  });

  it('forgets what another timeline has not seen, and takes its events instead', () => {
    const log = new EventLog(2 ** 30);
    append(log, 0, MANY);
    log.complete(MANY);
    log.truncate(30_001);
    expect([...log.between(0, MANY)]).toEqual(events(0, 30_001));
    append(log, 29_000, 31_000);
    expect([...log.between(0, MANY)]).toEqual(events(0, 31_000));
  });

  it('goes backwards, and finds every event of a kind about a subject', () => {
    const log = new EventLog(2 ** 30);
    append(log, 0, MANY);
    const faults = events(0, 41_234).filter(({ name }) => name === 'handle_mm_fault');
    expect([...log.backwards(41_234, ['handle_mm_fault'])]).toEqual([...faults].reverse());
    const wanted = faults.filter(({ leave, args }) => !leave && args.length > 0).slice(0, 50);
    for (const event of wanted) {
      const [vpn] = event.args;
      const found = [...log.backwards(41_234, ['handle_mm_fault'], [vpn ?? 0])];
      expect(found.filter(({ args }) => args[0] === vpn)).toContainEqual(event);
    }
    const others = [...log.backwards(MANY, ['handle_mm_fault'], [12_345_678_901])];
    expect(others.length).toBeLessThan(faults.length / 2);
  });

  it('knows which kinds it has logged', () => {
    const log = new EventLog(2 ** 30);
    log.append(1, 1 as TaskRow, 'print', false, [1, 2]);
    expect(log.kinds[KIND.print]).toBe(1);
    log.complete(2);
    log.append(1, 1 as TaskRow, 'fork', false, [1, 2]);
    expect(log.kinds[KIND.fork]).toBe(0);
  });
});
