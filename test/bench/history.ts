/** Time travel over a long history: steps back, searches and seeks, and the memory that it takes. */

import { finish } from '../../src/engine/time/work';
import { type Finding, median, time } from './figure';
import { usedBytes } from './memory';
import { type Measured, scenario, seconds } from './workload';

const STEPS = 10_000_000;
const MORE_STEPS = 100_000_000;
/** Places to seek to: parts of the history that lie nowhere near a checkpoint's regular distance. */
const PLACES = [0.0101, 0.97, 0.503, 0.211, 0.779, 0.3333, 0.89, 0.0407, 0.6667, 0.121];

function stepsBack({ engine }: Measured): Finding[] {
  const now = engine.time;
  const from = (work: () => void): number => {
    finish(engine.seek(now));
    return seconds(work);
  };
  const several = (work: () => void): number => median([1, 2, 3].map(() => from(work)));
  const all = { mayHold: () => true, begin: () => {}, found: () => undefined };
  const back = several(() => finish(engine.seek(now - 1)));
  const search = several(() => finish(engine.searchBack(now, all)));
  finish(engine.seek(now));
  return [
    time(`a step back with ${STEPS / 1e6} million steps behind (goal 20 ms)`, back, 'ms'),
    time('reverse search over all of them, every segment run (goal 1 s)', search, 's'),
  ];
}

function slowestSeek({ engine }: Measured): number {
  const times = PLACES.map((place) => {
    const to = Math.floor(place * MORE_STEPS);
    return seconds(() => finish(engine.seek(to)));
  });
  return Math.max(...times);
}

export function history(): Finding[] {
  const before = usedBytes();
  const measured = scenario('buf = mmap 64KiB anon rw\nloop { write buf[0..16] = 1 }');
  const { engine } = measured;
  finish(engine.forward(STEPS));
  const back = stepsBack(measured);
  finish(engine.forward(MORE_STEPS));
  const taken = (usedBytes() - before) / 2 ** 20;
  const steps = `${MORE_STEPS / 1e6} million steps`;
  return [
    ...back,
    { what: `the machine with a history of ${steps} (goal 256 MiB)`, value: taken, unit: 'MiB' },
    time(`seek in ${steps}, the slowest of ${PLACES.length} (goal 1 s)`, slowestSeek(measured), 'ms'),
  ];
}
