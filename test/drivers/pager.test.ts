import { describe, expect, it } from 'vitest';
import { DebugSession } from '../../src/debugger/session';
import { framesOf } from '../../src/debugger/stack';
import { DRIVERS } from '../../src/engine/drivers';
import { Checker, sentence } from '../../src/engine/invariants';
import { finish } from '../../src/engine/time/work';
import { buildRun, type Compilation, compileScenario, type Run } from '../../src/program';
import { devicesOf } from '../../src/view/inspect/devices';
import { pager } from './pager';

/** A scenario of one process on a device of the pager's, and one of dmirror's beside it. */
const scenario = (body: string, options = 'keeps=2'): string => `profile 6.12
device gpu0 private 1MiB driver pager ${options}
device gpu1 private 1MiB
process app {
    buf = mmap 16KiB anon rw
    write buf = 0x11 rising
${body}
}
`;

const compiled = (text: string): Compilation =>
  compileScenario(text, 'pager.hmm', { drivers: [...DRIVERS, pager] });

function runOf(text: string): Run {
  const { program, diagnostics } = compiled(text);
  if (program === undefined) throw new Error(diagnostics.map(({ message }) => message).join('\n'));
  return buildRun(program);
}

/** Runs to the end with the invariants on; what failed or broke. */
function wrong(text: string): string[] {
  const run = runOf(text);
  const found: string[] = [];
  run.kernel.events.observer = (_, name, leave, [statement = -1, expectation = -1]) => {
    if (name === 'expect_failed' && !leave) found.push(run.expectation(statement, expectation));
  };
  const checker = new Checker(run.interpreter);
  checker.onBroken = (violation) => found.push(sentence(violation));
  const stop = run.interpreter.run(1_000_000, false);
  checker.finish();
  return stop === 'end' ? found : [...found, stop];
}

describe('a driver of its own, chosen by its name', () => {
  it('migrates one page at a time, and sends each home after the accesses it keeps them for', () => {
    const body = `
    gpu0 read buf[0..2] expect [0x11, 0x12]
    expect gpu0.used == 2 and buf[0].page.zone == Device and buf[2].page.zone != Device
    gpu0 read buf[0] expect 0x11
    expect gpu0.used == 1 and buf[0].page.zone != Device and buf[1].page.zone == Device
    expect gpu0.fetched == 2 and gpu0.sent_home == 1
    read buf[1] expect 0x12
    expect gpu0.used == 0 and callbacks.page_fault == 1 and gpu0.sent_home == 1
    expect buf[3].page.zone != Device`;
    expect(wrong(scenario(body))).toEqual([]);
  });

  it('has an option and a verb of its own', () => {
    const body = `
    gpu0 read buf[0] expect 0x11
    expect buf[0].page.zone != Device
    gpu0 keep = 3 expect ok
    gpu0 read buf[0]
    gpu0 read buf[0]
    expect buf[0].page.zone == Device
    gpu0 read buf[0]
    expect buf[0].page.zone != Device`;
    expect(wrong(scenario(body, 'keeps=1'))).toEqual([]);
  });

  it('fails where it is told to, also by its own name', () => {
    const body = `
    gpu0 fail fetch times 1
    gpu0 read buf[0] expect EAGAIN
    gpu0 read buf[0] expect 0x11
    pager fail migrate_to_ram times 1
    read buf[0] expect SIGBUS`;
    expect(wrong(scenario(body))).toEqual([]);
  });

  it('stands beside another driver: each device has its own', () => {
    const body = `
    migrate buf[2..4] to gpu1
    gpu0 read buf[0..2] expect [0x11, 0x12]
    expect gpu0.used == 2 and gpu1.used == 2 and gpu1.calloc == 2
    dmirror fail migrate_to_ram times 1
    read buf[0] expect 0x11
    read buf[2] expect SIGBUS
    read buf[3] expect 0x14`;
    expect(wrong(scenario(body))).toEqual([]);
  });

  it.each([
    ['gpu0 write buf = 0x20', 'driver pager of `gpu0` has no `write`; it has read and keep'],
    ['migrate buf to gpu0', 'driver pager of `gpu0` has no `migrate`; it has read and keep'],
    ['context C on gpu0 { read buf }', 'driver pager of `gpu0` has no `context`; it has read and keep'],
    ['gpu0 fail copy', 'nothing in driver pager is called `copy`; known is migrate_to_ram or fetch'],
    ['gpu0 kep = 3', 'a device cannot `kep`; did you mean `keep`?'],
    ['gpu0 keep buf = 3', 'write `gpu0 keep = NUMBER`: How many accesses a page stays on the device for.'],
    ['gpu0 keep = 0', 'how many accesses a page stays for is between 1 and 1000, not 0'],
    [
      'gpu1 keep = 3',
      'a device cannot `keep`; it can read, write, snapshot, exclusive, check_exclusive, release, evict, fail, dead, repair or flags',
    ],
  ])('says what is wrong with `%s`', (statement, message) => {
    const { diagnostics } = compiled(scenario(`    ${statement}`));
    expect(diagnostics.map((found) => found.message)).toEqual([message]);
  });

  it('is shown by the views, and is stepped into', () => {
    const text = scenario(
      '    gpu0 fail fetch times 2\n    gpu0 read buf[0]\n    gpu0 repair\n    gpu0 read buf[0]',
    );
    const run = runOf(text);
    const session = new DebugSession({ ...run, path: '/pager.hmm', text });
    const [bound] = session.breakpoints.setFunctions([{ name: 'pager_move' }]);
    expect(bound?.verified).toBe(true);
    finish(session.continue());
    const { kernel, world } = run;
    const [top] = framesOf(world, session.map, kernel.task);
    expect(session.map.listing(session.map.pathOf(top?.routine as never))?.path).toBe(
      'hmm-kernel:/6.12/pager.c/pager_move',
    );
    expect(devicesOf(world, undefined)[0]).toMatchObject({
      driver: 'pager',
      counters: [
        { name: 'fetched', value: 0 },
        { name: 'sent_home', value: 0 },
      ],
      mirrors: [{ process: 'app', entries: 0 }],
      failures: ['fail fetch times 2'],
    });
    finish(session.continue());
    session.breakpoints.setFunctions([]);
    finish(session.continue());
    expect(devicesOf(world, undefined)[0]).toMatchObject({
      counters: [{ value: 1 }, { value: 0 }],
      failures: [],
    });
  });
});
