/** Scenarios to measure, as runs with the checkpoints of a debug session. */

import { Engine } from '../../src/engine/time/engine';
import { buildRun, compileScenario, type Run } from '../../src/program';

const MACHINE = `profile 6.12
machine { node 0 { dma32 3GiB normal 4GiB } cpus 1 }
device gpu0 private 1GiB driver dmirror
`;

export interface Measured {
  readonly run: Run;
  readonly engine: Engine;
}

/** A scenario of one process, ready to run; the machine is large enough for a million pages. */
export function scenario(body: string): Measured {
  const { program, diagnostics } = compileScenario(`${MACHINE}process app {\n${body}\n}\n`, 'bench.hmm');
  if (!program) throw new Error(diagnostics.map(({ message }) => message).join('\n'));
  const run = buildRun(program);
  return { run, engine: new Engine(run.interpreter) };
}

/** Seconds that `work` takes. */
export function seconds(work: () => void): number {
  const start = process.hrtime.bigint();
  work();
  return Number(process.hrtime.bigint() - start) / 1e9;
}

/** The best of several measurements of `work`, each on a fresh `set`: others use the machine too. */
export function best<T>(times: number, set: () => T, work: (set: T) => void): number {
  let least = Number.POSITIVE_INFINITY;
  for (let i = 0; i < times; i++) {
    const ready = set();
    least = Math.min(
      least,
      seconds(() => work(ready)),
    );
  }
  return least;
}
