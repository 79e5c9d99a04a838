/** A run that is resumed from a checkpoint in the middle of a blocked fault is the run that was never interrupted. */

import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { TaskState } from '../../src/engine/machine/tasks';
import type { Kernel } from '../../src/engine/routine/kernel';
import { Engine } from '../../src/engine/time/engine';
import { finish } from '../../src/engine/time/work';
import { buildRun, compileScenario, type Run } from '../../src/program';

const scenarios = new URL('../../scenarios/', import.meta.url);
const names = [
  'two-threads',
  ...readdirSync(new URL('races/', scenarios)).map((file) => `races/${file.replace(/\.hmm$/, '')}`),
];

/** Longest part of a run that is compared: some races never end. */
const LIMIT = 4000;
/** Times at which each run is resumed: so many at which a fault is blocked, and so many of all. */
const RESUMED = 30;

function built(name: string): Run {
  const text = readFileSync(new URL(`${name}.hmm`, scenarios), 'utf8');
  const { program, diagnostics } = compileScenario(text, name);
  if (!program) throw new Error(diagnostics.map(({ message }) => message).join('\n'));
  return buildRun(program);
}

/** Some task is blocked inside a fault that has begun and not ended. */
const isFaultBlocked = ({ faults, tasks }: Kernel): boolean =>
  [...faults.table.rows()].some((row) => tasks.state.get(faults.task.get(row)) === TaskState.Blocked);

interface Straight {
  readonly log: readonly string[];
  /** Time of each event of the log. */
  readonly times: readonly number[];
  readonly end: number;
  readonly hash: number;
}

const told = (kernel: Kernel, task: number, name: string, leave: boolean, args: readonly number[]): string =>
  `${kernel.time} ${task} ${name} ${leave} ${args.join(' ')}`;

/** The run from its start to its end, without a stop or a checkpoint. */
function straight(name: string): Straight {
  const { interpreter, kernel } = built(name);
  const log: string[] = [];
  const times: number[] = [];
  kernel.events.observer = (task, event, leave, args) => {
    log.push(told(kernel, task, event, leave, args));
    times.push(kernel.time);
  };
  interpreter.run(LIMIT, false);
  return { log, times, end: kernel.time, hash: kernel.store.hash() };
}

/** The times at which a fault is blocked, found by stopping before each step. */
function blockedTimes(name: string): number[] {
  const { interpreter, kernel } = built(name);
  const times: number[] = [];
  while (kernel.time < LIMIT && interpreter.run(kernel.time + 1, false) === 'time')
    if (isFaultBlocked(kernel)) times.push(kernel.time);
  return times;
}

/** At most `count` of the values, evenly spread. */
function spread(values: readonly number[], count: number): number[] {
  const step = Math.max(1, values.length / count);
  const picked: number[] = [];
  for (let at = 0; at < values.length; at += step) picked.push(values[Math.floor(at)] ?? 0);
  return picked;
}

describe.each(names)('%s', (name) => {
  const run = straight(name);
  const all = Array.from({ length: run.end + 1 }, (_, time) => time);
  const resumed = [...spread(blockedTimes(name), RESUMED), ...spread(all, RESUMED)];

  it.each([1, 7, 64])('goes on as it was from every checkpoint, one each %i steps', (interval) => {
    const { kernel, interpreter } = built(name);
    const engine = new Engine(interpreter, { interval });
    finish(engine.forward(run.end));
    expect(kernel.store.hash()).toBe(run.hash);
    const own = kernel.events.observer;
    const again: string[] = [];
    kernel.events.observer = (task, event, leave, args) => {
      own?.(task, event, leave, args);
      again.push(told(kernel, task, event, leave, args));
    };
    for (const time of resumed) {
      again.length = 0;
      finish(engine.seek(time));
      // With a checkpoint at each time nothing runs on the way to it.
      if (interval === 1) expect(again).toEqual([]);
      again.length = 0;
      finish(engine.forward(run.end));
      const first = run.times.findIndex((at) => at >= time);
      expect(again).toEqual(first < 0 ? [] : run.log.slice(first));
      expect(kernel.time).toBe(run.end);
      expect(kernel.store.hash()).toBe(run.hash);
    }
    const log = [...kernel.events.between(0, run.end + 1)];
    expect(log.map((e) => `${e.time} ${e.task} ${e.name} ${e.leave} ${e.args.join(' ')}`)).toEqual(run.log);
  });
});

it('has met faults that are blocked', () => {
  const met = names.filter((name) => blockedTimes(name).length > 0);
  for (const name of ['two-threads', 'races/drain-starvation', 'races/fault-on-a-freed-page'])
    expect(met).toContain(name);
});
