import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Checker, sentence } from '../../src/engine/invariants';
import { Engine, type EngineOptions } from '../../src/engine/time/engine';
import { finish } from '../../src/engine/time/work';
import { hashesStraight, lengthOf, runOf } from './machine';
import { type RandomScenario, randomScenario } from './random-scenario';

/** Places in a run, as parts of its length. */
const places = fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: 3, maxLength: 8 });

const engineOf = (text: string, options: EngineOptions): Engine =>
  new Engine(runOf(text).interpreter, options);

function hashAt(engine: Engine, time: number): number {
  finish(engine.seek(time));
  return engine.kernel.store.hash();
}

const timesOf = (length: number, parts: readonly number[]): number[] =>
  parts.map((part) => Math.floor(part * length));
const rising = (times: readonly number[]): number[] => [...new Set(times)].sort((a, b) => a - b);

describe('a random scenario', () => {
  it('is the same machine at a time however it is reached', () => {
    fc.assert(
      fc.property(randomScenario(), places, ({ text }, parts) => {
        const times = timesOf(lengthOf(text), parts);
        const hashes = hashesStraight(text, rising(times));
        const dense = engineOf(text, { interval: 97 });
        const sparse = engineOf(text, { checkpointBytes: 0 });
        for (const time of times) {
          expect(hashAt(dense, time)).toBe(hashes.get(time));
          expect(hashAt(sparse, time)).toBe(hashes.get(time));
        }
      }),
      { numRuns: 12 },
    );
  });

  it('is the same n steps forward and n back', () => {
    fc.assert(
      fc.property(randomScenario(), places, fc.integer({ min: 1, max: 400 }), ({ text }, parts, n) => {
        const engine = engineOf(text, { interval: 150 });
        for (const time of timesOf(lengthOf(text), parts)) {
          const before = hashAt(engine, time);
          hashAt(engine, time + n);
          expect(hashAt(engine, time)).toBe(before);
        }
      }),
      { numRuns: 8 },
    );
  });

  it('is the same in a process of its own', () => {
    const scenarios: RandomScenario[] = fc.sample(randomScenario(), 8);
    const wanted = scenarios.map(({ text }) => ({
      text,
      times: rising(timesOf(lengthOf(text), [0.1, 0.35, 0.6, 0.85, 1])),
    }));
    const script = fileURLToPath(new URL('./fresh-process.ts', import.meta.url));
    const answer = execFileSync(process.execPath, ['--import', 'tsx', script], {
      input: JSON.stringify(wanted),
      encoding: 'utf8',
    });
    expect(JSON.parse(answer)).toEqual(wanted.map(({ text, times }) => [...hashesStraight(text, times)]));
  });
});

type Told = readonly [from: number, until: number, found: string[]];
/** What is told on each way, after a seek to where it begins. Not all end where everything has been given back. */
const told = (text: string, ways: readonly (readonly [from: number, until: number])[]): Told[] => {
  const run = runOf(text);
  const checker = new Checker(run.interpreter);
  const engine = new Engine(run.interpreter, { interval: 113 });
  return ways.map(([from, until]) => {
    finish(engine.seek(from));
    const found: string[] = [];
    checker.onBroken = (violation) => found.push(`${violation.time} ${sentence(violation)}`);
    finish(engine.forward(until));
    return [from, until, found];
  });
};

describe('the checker', () => {
  it('is no part of the machine', () => {
    fc.assert(
      fc.property(randomScenario(), ({ text }) => {
        const length = lengthOf(text);
        const { interpreter, kernel } = runOf(text);
        new Checker(interpreter);
        interpreter.run(length, false);
        expect(kernel.store.hash()).toBe(hashesStraight(text, [length]).get(length));
      }),
      { numRuns: 5 },
    );
  });

  it('finds the same things at the same times after any seek', () => {
    const timeOf = (line: string): number => Number(line.split(' ')[0]);
    fc.assert(
      fc.property(randomScenario(), places, ({ text }, route) => {
        const length = lengthOf(text);
        const times = timesOf(length, route);
        const ways = times.map((at, i) => {
          const other = times[i + 1] ?? 0;
          return [Math.min(at, other), Math.max(at, other)] as const;
        });
        const [[, , all] = [0, 0, []]] = told(text, [[0, length]]);
        // What was broken at the very time of a seek may have been found before it.
        for (const [from, until, found] of told(text, ways))
          expect({ from, until, found: found.filter((line) => timeOf(line) > from) }).toEqual({
            from,
            until,
            found: all.filter((line) => timeOf(line) > from && timeOf(line) < until),
          });
      }),
      { numRuns: 12 },
    );
  });

  it('knows that a page of a device is not in use before it was handed out, going back to there', () => {
    const text = `device gpu0 private 1MiB
process app {
    buf = mmap 4KiB
    write buf = 1
    migrate buf to gpu0
    read buf
}`;
    const length = lengthOf(text);
    const { kernel, interpreter } = runOf(text);
    let moved = 0;
    kernel.events.observer = (_, name) => {
      if (name === 'migrate_to_ram') moved = kernel.time;
    };
    interpreter.run(length, false);
    expect(moved).toBeGreaterThan(0);
    for (const [, , found] of told(text, [
      [0, moved],
      [0, 50],
      [20, length],
    ]))
      expect(found).toEqual([]);
  });
});
