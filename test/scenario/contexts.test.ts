/** Contexts of a device: they fault through the mirror, and the bottom half of the driver services them. */

import { describe, expect, it } from 'vitest';
import { fault_buffer } from '../../src/engine/drivers/fault_buffer';
import { Checker } from '../../src/engine/invariants';
import type { DeviceRow } from '../../src/engine/machine/ids';
import { buildRun, compileScenario } from '../../src/program';
import { pendingFaults } from '../../src/view/inspect/faults';
import { waitsText } from '../../src/view/wait-graph';
import { diagnosticsOf } from './helpers';

const scenario = (body: string, head = ''): string => `${head}device gpu0 private 64MiB

process app {
    buf = mmap 16KiB anon rw
${body}
}
`;

const TWO = `    context A on gpu0 { read buf[0..2] expect 0 }
    context B on gpu0 { write buf[2..4] = 0x40 rising }
    join A
    join B
    read buf[2..4] expect [0x40, 0x41]`;

function start(text: string) {
  const { program, diagnostics } = compileScenario(text, 'contexts.hmm');
  if (!program) throw new Error(diagnostics.map(({ message }) => message).join('\n'));
  const run = buildRun(program);
  const found: string[] = [];
  run.kernel.events.observer = (_, name) => {
    if (name === 'expect_failed') found.push(run.report.failure?.message() ?? name);
  };
  return { ...run, found, checker: new Checker(run.interpreter) };
}

describe('contexts of a device', () => {
  it.each(['', 'profile 4.14\n', 'schedule seed 5\n', 'machine { cpus 4 }\nschedule seed 11\n'])(
    'read and write the memory of their process (%j)',
    (head) => {
      const { interpreter, found, checker } = start(scenario(TWO, head));
      expect(interpreter.run(1e6, false)).toBe('end');
      expect(found).toEqual([]);
      expect(checker.violations).toEqual([]);
    },
  );

  it('lie in the fault buffer, the oldest first, until they are serviced', () => {
    const { interpreter, kernel, world } = start(scenario(TWO));
    const buffer = () => fault_buffer(kernel, 1 as DeviceRow);
    while (buffer().length < 2) interpreter.run(kernel.time + 1, false);
    const faults = pendingFaults(world);
    expect(faults).toMatchObject([
      { kind: 'device', device: 'gpu0', process: 'app', place: 'buf[0]', access: 'read', slot: 0 },
      { kind: 'device', device: 'gpu0', process: 'app', place: 'buf[2]', access: 'write', slot: 1, age: 1 },
    ]);
    expect(faults[0]?.since).toBeLessThan(faults[1]?.since ?? 0);
    interpreter.run(1e6, false);
    expect(pendingFaults(world)).toEqual([]);
  });

  it('wait for room while the fault buffer is full; the bottom half makes it', () => {
    const body = `    context A on gpu0 { read buf[0] expect 0 }
    context B on gpu0 { write buf[1] = 0x41 }
    context C on gpu0 { write buf[2] = 0x42 }
    join A
    join B
    join C
    read buf[1..3] expect [0x41, 0x42]`;
    const { interpreter, kernel, world, found } = start(scenario(body).replace('64MiB', '64MiB faults=1'));
    const waiting = () =>
      [...kernel.devices.faults.rows()].filter((row) => kernel.devices.faultWritten.get(row) === 0);
    while (waiting().length < 2) interpreter.run(kernel.time + 1, false);
    interpreter.run(kernel.time + 1, false);
    expect(fault_buffer(kernel, 1 as DeviceRow)).toHaveLength(1);
    const faults = pendingFaults(world);
    expect(faults).toMatchObject([
      { kind: 'device', place: 'buf[0]', slot: 0 },
      { kind: 'device', place: 'buf[1]', access: 'write' },
      { kind: 'device', place: 'buf[2]', access: 'write' },
    ]);
    for (const fault of faults.slice(1)) expect(fault).not.toHaveProperty('slot');
    expect(waitsText(world)).toMatch(
      /app\.B → room in the fault buffer of gpu0 → gpu0_bh, in device_fault_work/,
    );
    let most = 0;
    while (interpreter.run(kernel.time + 1, false) === 'time')
      most = Math.max(most, fault_buffer(kernel, 1 as DeviceRow).length);
    expect(most).toBe(1);
    expect(found).toEqual([]);
  });

  it('do not keep a CPU while they run', () => {
    const text = scenario(
      '    context A on gpu0 { repeat 50 { read buf[0] } }\n    repeat 50 { write buf[1] = 1 }\n    join A',
      'machine { cpus 1 }\nschedule seed 3\n',
    );
    expect(start(text).interpreter.run(1e6, false)).toBe('end');
  });

  it('an access that can not be served is an error of the statement', () => {
    const body = `    context A on gpu0 {
        read 0x1000 expect EFAULT
        write buf[0] = 256 - 255
    }
    join A
    munmap buf`;
    const { interpreter, found } = start(scenario(body));
    expect(interpreter.run(1e6, false)).toBe('end');
    expect(found).toEqual([]);
  });

  it('can be named in a schedule, and so can the bottom half', () => {
    const head = 'schedule loop { A gpu0 B app }\n';
    const { interpreter, found } = start(scenario(TWO, head));
    expect(interpreter.run(1e6, false)).toBe('end');
    expect(found).toEqual([]);
    expect(diagnosticsOf(scenario(TWO, 'schedule A gpu0_bh app\n'))).toEqual([]);
  });

  it.each([
    ['context A on gpu1 { read buf }', /there is no device `gpu1`; did you mean `gpu0`/],
    ['context A { read buf }', /expected `on` and a device/],
    ['context A on gpu0', /expected `\{`/],
    ['context A on gpu0 { munmap buf }', /a context of a device can't do this; it can read, write/],
    ['context A on gpu0 { read bfu }', /did you mean `buf`/],
  ])('%s is refused', (statement, message) => {
    expect(diagnosticsOf(scenario(`    ${statement}`)).join('\n')).toMatch(message);
  });

  it('keep the device open', () => {
    const body = '    context A on gpu0 { loop { read buf[0] } }\n    close gpu0';
    const { interpreter, found } = start(scenario(body, 'schedule loop { app A }\n'));
    interpreter.run(20_000, false);
    expect(found.join()).toContain('`gpu0` runs a context of this process; join it first');
  });
});
