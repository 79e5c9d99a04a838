/** Random moves in time: at each place that is reached the machine is the one that a run straight through has there. */

import fc from 'fast-check';
import { Engine } from '../../src/engine/time/engine';
import { finish } from '../../src/engine/time/work';
import { hashesStraight, lengthOf, runOf } from '../properties/machine';
import { randomScenario } from '../properties/random-scenario';
import { wideScenario } from '../properties/wide-scenario';
import type { FuzzKind } from './kind';

/** Kernels under which the wide scenarios go. */
const PROFILES = ['7.2', '6.12', '6.1', '4.14'];
/** Moves within one scenario. */
const MOVES = 200;
/** Distances of checkpoints: close, ordinary for these short runs, and none but the first. */
const INTERVALS = [61, 300, Number.MAX_SAFE_INTEGER];

interface Journey {
  readonly text: string;
  /** Places in the run, as parts of its length; a little past its end too. */
  readonly places: readonly number[];
  readonly interval: number;
}

const journey = (moves: number): fc.Arbitrary<Journey> =>
  fc
    .tuple(
      fc.oneof(
        randomScenario().map(({ text }) => text),
        fc.constantFrom(...PROFILES).chain(wideScenario),
      ),
      fc.array(fc.double({ min: 0, max: 1.02, noNaN: true }), { minLength: moves, maxLength: moves }),
      fc.constantFrom(...INTERVALS),
    )
    .map(([text, places, interval]) => ({ text, places, interval }));

/** The first place where the machine is another one than it was going straight; undefined where there is none. */
function astray({ text, places, interval }: Journey): string | undefined {
  const length = lengthOf(text);
  const times = places.map((place) => Math.floor(place * length));
  const straight = hashesStraight(
    text,
    [...new Set(times)].sort((a, b) => a - b),
  );
  const engine = new Engine(runOf(text).interpreter, { interval });
  for (const time of times) {
    finish(engine.seek(time));
    const wanted = straight.get(time);
    if (wanted !== undefined && engine.kernel.store.hash() !== wanted)
      return `at time ${time} the machine differs from that of a straight run (checkpoints ${interval} apart):\n${text}`;
  }
  return undefined;
}

export const seeks: FuzzKind = {
  name: 'seeks',
  about: 'random seeks in random scenarios',
  few: 200,
  many: 10_000,
  run: async (cases, seed) => {
    const moves = Math.min(cases, MOVES);
    const found: string[] = [];
    for (const way of fc.sample(journey(moves), { seed, numRuns: Math.ceil(cases / moves) })) {
      const wrong = astray(way);
      if (wrong !== undefined) found.push(wrong);
    }
    return found;
  },
};
