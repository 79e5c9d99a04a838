/** Scenarios whose tasks end in an unusual order, and ones with very many tasks. */

import { describe, expect, it } from 'vitest';
import { memory } from '../../src/engine/drivers/dmirror/tables';
import { buildRun, compileScenario } from '../../src/program';

/** Runs a scenario; says how it stopped, what was expected and didn't hold, and what the tasks printed. */
function run(text: string) {
  const { program, diagnostics } = compileScenario(text, 'tasks.hmm');
  if (!program) throw new Error(diagnostics.map(({ message }) => message).join('\n'));
  const { interpreter, kernel, report } = buildRun(program);
  const failed: string[] = [];
  const exits: number[] = [];
  kernel.events.observer = (_, name, __, args) => {
    if (name === 'expect_failed') failed.push(report.failure?.message() ?? name);
    if (name === 'exit') exits.push(args[1] ?? -1);
  };
  const stop = interpreter.run(20_000_000, false);
  return { stop, failed, exits, kernel };
}

const THREADS = 1000;
/** Time limit of a test, in milliseconds: a machine that is busy needs a fraction of it. */
const PATIENCE = 120_000;
/** Steps of one thread, its faults and what it waits for included. */
const STEPS_A_THREAD = 1000;

describe('a main thread that ends while others run', () => {
  it.each(['', 'schedule seed 2\n', 'profile 4.14\nschedule seed 9\n'])('ends them too (%j)', (head) => {
    const text = `${head}device gpu0 private 64MiB
process app {
    buf = mmap 16KiB
    write buf = 0x11
    migrate buf to gpu0
    thread A { loop { read buf[0] } }
    thread B { loop { write buf[1] = 0x22 } }
    context C on gpu0 { loop { read buf[2] } }
    exit 7
}
`;
    const { stop, failed, exits, kernel } = run(text);
    expect(stop).toBe('end');
    expect(failed).toEqual([]);
    expect(exits).toEqual([7]);
    expect(memory.of(kernel).untouched.get(1)).toBeLessThan(64 * 256);
    expect(memory.of(kernel).calloc.get(1)).toBe(memory.of(kernel).cfree.get(1));
  });

  it('leaves a child process running', () => {
    const text = `process app {
    buf = mmap 4KiB
    write buf = 0x11
    fork child {
        repeat 100 { read buf[0] expect 0x11 }
        exit 3
    }
    exit 1
}
`;
    const { stop, failed, exits } = run(text);
    expect(stop).toBe('end');
    expect(failed).toEqual([]);
    expect([...exits].sort()).toEqual([1, 3]);
  });
});

describe(`${THREADS} threads`, () => {
  const numbers = Array.from({ length: THREADS }, (_, i) => i);
  const text = (head: string): string => `${head}machine { cpus 4 }
device gpu0 private 64MiB
process app {
    buf = mmap ${THREADS} * 4KiB
    write buf = 0x11
    migrate buf[0..8] to gpu0
${numbers.map((i) => `    thread t${i} {\n        barrier go\n        write buf[${i}] = ${i & 255}\n    }`).join('\n')}
    barrier go
${numbers.map((i) => `    join t${i}`).join('\n')}
    read buf[0..256] expect 0 rising
    expect gpu0.used == 0
}
`;

  it.each(['', 'schedule seed 4\n', 'profile 4.14\n'])('work (%j)', { timeout: PATIENCE }, (head) => {
    const { stop, failed, kernel } = run(text(head));
    expect(stop).toBe('end');
    expect(failed).toEqual([]);
    expect(kernel.time).toBeLessThan(THREADS * STEPS_A_THREAD);
  });
});
