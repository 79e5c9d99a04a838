/** Scenarios to measure, as runs with the checkpoints of a debug session. */

import { Engine } from '../../src/engine/time/engine';
import { buildRun, compileScenario, type Run } from '../../src/program';
import { median } from './figure';

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

/** Seconds of processor time that `work` takes, the threads of V8 included: others use the machine too. */
export function seconds(work: () => void): number {
  const start = process.cpuUsage();
  work();
  const { user, system } = process.cpuUsage(start);
  return (user + system) / 1e6;
}

/** What a figure of `measure` is once V8 has compiled what it runs: the median of several after a first. */
export function settled(times: number, measure: () => number): number {
  measure();
  return median(Array.from({ length: times }, measure));
}
