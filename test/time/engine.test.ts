import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Int, routine } from '../../src/engine/routine/routine';
import { Engine, type EngineOptions } from '../../src/engine/time/engine';
import { finish } from '../../src/engine/time/work';
import { cells, counter, machineWith, worker } from './synthetic';

const program = (seed: number) =>
  machineWith(
    [
      { routine: worker, n: 40 },
      { routine: worker, n: 25 },
      { routine: counter, n: 60 },
    ],
    seed,
  );
const fresh = (seed: number, options: EngineOptions = { interval: 64 }) => new Engine(program(seed), options);

/** Hashes at every time, made without checkpoints by one run, step by step. */
function straight(seed: number): number[] {
  const interpreter = program(seed);
  interpreter.run(0, false);
  const hashes = [interpreter.kernel.store.hash()];
  for (let time = 0; ; time = interpreter.kernel.time) {
    interpreter.run(time + 1, false);
    if (interpreter.kernel.time === time) break;
    hashes.push(interpreter.kernel.store.hash());
  }
  return hashes;
}

const hashAt = (engine: Engine, time: number) => {
  finish(engine.seek(time));
  return engine.kernel.store.hash();
};

describe('time travel', () => {
  const seeds = fc.integer({ min: 0, max: 2 ** 31 - 1 });
  const jumps = fc.array(fc.nat({ max: 1200 }), { minLength: 1, maxLength: 12 });

  it('shows the same machine at a time whichever way it is reached', () => {
    fc.assert(
      fc.property(seeds, jumps, (seed, times) => {
        const hashes = straight(seed);
        const last = hashes.length - 1;
        const engines = [
          fresh(seed),
          fresh(seed, { checkpointBytes: 0 }),
          fresh(seed, { interval: 7, checkpointBytes: 300_000 }),
        ];
        for (const engine of engines)
          for (const time of times) expect(hashAt(engine, time)).toBe(hashes[Math.min(time, last)]);
      }),
      { numRuns: 25 },
    );
  });

  it('goes n steps forward and n back as if it had not moved', () => {
    fc.assert(
      fc.property(seeds, fc.nat({ max: 500 }), fc.nat({ max: 300 }), (seed, start, n) => {
        const engine = fresh(seed);
        const before = hashAt(engine, start);
        hashAt(engine, start + n);
        expect(hashAt(engine, start)).toBe(before);
      }),
      { numRuns: 25 },
    );
  });

  it('ends at the last step and stays there', () => {
    const engine = fresh(1);
    expect(finish(engine.forward(1e9))).toBe('end');
    const { time } = engine;
    expect(finish(engine.forward(1e9))).toBe('end');
    expect(engine.time).toBe(time);
    expect(engine.ending).toBe('end');
  });

  it('keeps within its bytes and never loses the start', () => {
    const engine = fresh(3, { interval: 16, checkpointBytes: 400_000 });
    finish(engine.forward(1e9));
    expect(engine.checkpointBytes).toBeLessThan(400_000);
    expect(engine.checkpointCount).toBeGreaterThan(3);
    expect(hashAt(engine, 0)).toBe(straight(3)[0]);
  });

  it('would notice a write that bypasses the write path', () => {
    const bypassing = routine({
      name: 'bypassing',
      file: 'synthetic',
      about: 'Counts in two places, once without telling.',
      params: { n: Int },
      locals: { i: Int },
      body: (r) => [
        r.loop('i < n', (_, f) => f.i < f.n, [
          r.step('i++', (_, f) => {
            f.i++;
          }),
          r.step('cells[7000] += 1, behind the back of the store', (k) => {
            cells(k).grow(7000);
            cells(k).data[7000] = cells(k).get(7000) + 1;
          }),
        ]),
      ],
    });
    const engine = new Engine(machineWith([{ routine: bypassing, n: 500 }]), { interval: 64 });
    const first = hashAt(engine, 100);
    hashAt(engine, 1000);
    expect(hashAt(engine, 100)).not.toBe(first);
  });

  it('stands before a step that throws, and says so again', () => {
    const fails = routine({
      name: 'fails',
      file: 'synthetic',
      about: 'Throws in its fourth step.',
      params: { n: Int },
      locals: { i: Int },
      body: (r) => [
        r.loop('for ever', () => true, [
          r.step('i++, but not to 2', (k, f) => {
            f.i++;
            k.emit('print', f.i);
            if (f.i === f.n) throw new Error('two');
          }),
        ]),
      ],
    });
    const engine = new Engine(machineWith([{ routine: fails, n: 2 }]));
    expect(() => finish(engine.forward(1e9))).toThrow('two');
    finish(engine.recover());
    expect(engine.time).toBe(3);
    expect(engine.kernel.tasks.stack.get(engine.kernel.tasks.base.get(1) + 1)).toBe(1);
    const printed = () => [...engine.kernel.events.between(0, 1e9)].map(({ args }) => args[0]);
    expect(printed()).toEqual([1]);
    expect(() => finish(engine.forward(1e9))).toThrow('two');
    finish(engine.recover());
    expect(printed()).toEqual([1]);
  });

  it('logs each event once however often its step runs', () => {
    const engine = fresh(5);
    finish(engine.forward(1e9));
    const events = [...engine.kernel.events.between(0, engine.time)];
    for (const time of [10, 500, 3, 100]) finish(engine.seek(time));
    finish(engine.forward(1e9));
    expect([...engine.kernel.events.between(0, engine.time + 1)]).toEqual(events);
    expect(events.filter(({ name }) => name !== 'wait')).toHaveLength(65);
  });
});

describe('search backwards', () => {
  /** Time of the last step before `before` that printed. */
  function lastPrint(engine: Engine, before: number): number | undefined {
    let found: number | undefined;
    engine.onEvent = () => {
      found = engine.time;
    };
    const hit = finish(
      engine.searchBack(before, {
        mayHold: (segment) => segment.emitted('print'),
        begin: () => {
          found = undefined;
        },
        found: () => found,
      }),
    );
    engine.onEvent = undefined;
    return hit;
  }

  it('finds every event, the last one first', () => {
    const engine = fresh(7);
    finish(engine.forward(1e9));
    const times = [...engine.kernel.events.between(0, engine.time)].map(({ time }) => time);
    for (let before: number | undefined = engine.time; times.length > 0; ) {
      before = lastPrint(engine, before ?? 0);
      expect(before).toBe(times.pop());
    }
    expect(lastPrint(engine, 3)).toBeUndefined();
  });

  it('finds the last write of a row', () => {
    const engine = fresh(9);
    const column = cells(engine.kernel).id;
    finish(engine.forward(1e9));
    const last = finish(engine.lastWrite(engine.time, column, 1010)) ?? -1;
    finish(engine.seek(last));
    const before = cells(engine.kernel).get(1010);
    finish(engine.seek(last + 1));
    const after = cells(engine.kernel).get(1010);
    finish(engine.seek(1e9));
    expect(before).not.toBe(after);
    expect(cells(engine.kernel).get(1010)).toBe(after);
  });

  it('skips segments in which nothing can be found', () => {
    const engine = new Engine(
      machineWith([
        { routine: worker, n: 1 },
        { routine: counter, n: 5000 },
      ]),
      { interval: 100 },
    );
    finish(engine.forward(1e9));
    let segments = 0;
    finish(
      engine.searchBack(engine.time, {
        mayHold: (segment) => {
          const may = segment.emitted('print');
          if (may) segments++;
          return may;
        },
        begin: () => {},
        found: () => undefined,
      }),
    );
    expect(segments).toBe(1);
  });
});

describe('timelines', () => {
  const change = (engine: Engine, value: number) =>
    engine.put(`cell 900 = ${value}`, [{ column: cells(engine.kernel).id, row: 900, value }]);

  it('begins a new one where the past is changed, and goes back to the old one', () => {
    const engine = fresh(11);
    const hashes = straight(11);
    finish(engine.forward(1e9));
    finish(engine.seek(200));
    const next = change(engine, 77_777);
    expect(next).toMatchObject({ id: 1, parent: 0, leaves: 200 });
    expect(engine.frontier).toBe(200);
    const changed = hashAt(engine, 300);
    expect(changed).not.toBe(hashes[300]);
    expect(hashAt(engine, 150)).toBe(hashes[150]);
    expect(hashAt(engine, 300)).toBe(changed);
    expect(engine.enter(0)).toBe(true);
    for (const time of [300, 200, 100]) expect(hashAt(engine, time)).toBe(hashes[time]);
    expect(engine.enter(1)).toBe(true);
    expect(hashAt(engine, 300)).toBe(changed);
    expect(engine.enter(2)).toBe(false);
  });

  it('can be changed at the start, and left again', () => {
    const engine = fresh(13);
    const hashes = straight(13);
    finish(engine.forward(400));
    finish(engine.seek(0));
    change(engine, 5);
    const changed = hashAt(engine, 350);
    engine.enter(0);
    expect(hashAt(engine, 350)).toBe(hashes[350]);
    engine.enter(1);
    expect(hashAt(engine, 350)).toBe(changed);
  });

  it('takes up a change at the end of what has run without a new one', () => {
    const engine = fresh(15);
    finish(engine.forward(100));
    expect(change(engine, 3).id).toBe(0);
    const after = hashAt(engine, 180);
    expect(hashAt(engine, 50)).toBe(straight(15)[50]);
    expect(hashAt(engine, 180)).toBe(after);
  });
});
