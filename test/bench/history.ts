/** Time travel over a long history: steps back, searches and seeks, and the memory that it takes. */

import { finish } from '../../src/engine/time/work';
import { usedBytes } from './memory';
import { ms, say } from './report';
import { best, type Measured, scenario, seconds } from './workload';

const STEPS = 10_000_000;
const MORE_STEPS = 100_000_000;
/** Places to seek to: parts of the history that lie nowhere near a checkpoint's regular distance. */
const PLACES = [0.0101, 0.97, 0.503, 0.211, 0.779, 0.3333, 0.89, 0.0407, 0.6667, 0.121];

function stepsBack({ engine }: Measured): void {
  const now = engine.time;
  const back = best(
    5,
    () => finish(engine.seek(now)),
    () => finish(engine.seek(now - 1)),
  );
  say(`a step back with ${STEPS / 1e6} million steps behind (goal 20 ms)`, ms(back));
  const all = { mayHold: () => true, begin: () => {}, found: () => undefined };
  const search = best(
    3,
    () => finish(engine.seek(now)),
    () => finish(engine.searchBack(now, all)),
  );
  say('reverse search over all of them, every segment run (goal 1 s)', ms(search));
  finish(engine.seek(now));
}

function seeks({ engine }: Measured): void {
  const times = PLACES.map((place) => {
    const time = Math.floor(place * MORE_STEPS);
    return seconds(() => finish(engine.seek(time)));
  });
  const [worst] = times.sort((a, b) => b - a);
  say(
    `seek in ${MORE_STEPS / 1e6} million steps, the slowest of ${PLACES.length} (goal 1 s)`,
    ms(worst ?? 0),
  );
}

export function history(): void {
  const before = usedBytes();
  const measured = scenario('buf = mmap 64KiB anon rw\nloop { write buf[0..16] = 1 }');
  const { engine } = measured;
  finish(engine.forward(STEPS));
  stepsBack(measured);
  finish(engine.forward(MORE_STEPS));
  const taken = (usedBytes() - before) / 2 ** 20;
  say(
    `the machine with a history of ${MORE_STEPS / 1e6} million steps (goal 256 MiB)`,
    `${taken.toFixed(0)} MiB`,
  );
  seeks(measured);
}
