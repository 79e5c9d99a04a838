import { describe, expect, it } from 'vitest';
import { Engine } from '../../src/engine/time/engine';
import { finish } from '../../src/engine/time/work';
import { buildRun } from '../../src/program';
import { programOf } from '../scenario/run-scenario';

const TEXT = 'process app {\nbuf = mmap 64KiB\nloop { write buf = 1; read buf }\n}';
const BUDGET = 2 ** 20;

/** An engine after many moves forwards, back and onto new timelines. `look` is called at each stop. */
function wandered(look: (engine: Engine) => void): Engine {
  const run = buildRun(programOf(TEXT));
  const engine = new Engine(run.interpreter, { checkpointBytes: BUDGET, interval: 500 });
  for (let turn = 1; turn <= 60; turn++) {
    finish(engine.seek(turn * 1500));
    look(engine);
    finish(engine.seek(turn * 700));
    look(engine);
    if (turn % 5 === 0) engine.put('nothing', []);
    look(engine);
  }
  return engine;
}

describe('the bytes that checkpoints take', () => {
  it('are within their budget, and are counted the same whoever looks at the machine between two moves', () => {
    const alone = wandered(() => {});
    const watched = wandered((engine) => void engine.snapshot());
    expect(alone.checkpointBytes).toBeGreaterThan(0);
    expect(alone.checkpointBytes).toBeLessThanOrEqual(BUDGET);
    expect(watched.checkpointBytes).toBeLessThanOrEqual(BUDGET);
    expect(watched.checkpointBytes).toBeGreaterThan(alone.checkpointBytes / 2);
    expect(watched.checkpointCount).toBeLessThanOrEqual(alone.checkpointCount);
  });

  it('come back to nothing much when all are forgotten', () => {
    const engine = wandered((one) => void one.snapshot());
    finish(engine.seek(0));
    engine.put('begin anew', []);
    expect(engine.checkpointCount).toBeLessThanOrEqual(2);
    expect(engine.checkpointBytes).toBeGreaterThan(0);
  });
});
