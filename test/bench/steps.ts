/** Steps a second of real work, with the checkpoints and events of a debug session and a breakpoint that is not hit. */

import { Checker } from '../../src/engine/invariants/checker';
import { finish } from '../../src/engine/time/work';
import { type Finding, ratio } from './figure';
import { scenario, seconds, settled } from './workload';

const TIMES = 3;
const MIGRATE = `buf = mmap 64KiB anon rw
write buf = 1
repeat 4000 {
    migrate buf to gpu0
    read buf[0]
}`;
const WRITE_AGAIN = 'buf = mmap 64KiB anon rw\nrepeat 40000 { write buf[0..16] = 1 }';
const WRITE_LARGE = 'buf = mmap 256MiB anon rw\nwrite buf = 1';

/** Millions of steps a second of a whole run. */
function speed(body: string, invariants: boolean): number {
  return settled(TIMES, () => {
    const { run, engine } = scenario(body);
    const { interpreter, linked } = run;
    if (invariants) new Checker(interpreter);
    const callback = linked.routines.find(({ routine }) => routine.aliases.includes('page_free'));
    interpreter.arm(callback ? [callback.entry] : []);
    interpreter.onBreakpoint = () => false;
    const taken = seconds(() => finish(engine.forward(Number.MAX_SAFE_INTEGER)));
    return engine.time / taken / 1e6;
  });
}

function withInvariants(what: string, body: string): Finding[] {
  const without = speed(body, false);
  return [
    { what: `steps a second, ${what} (goal 20)`, value: without, unit: 'million' },
    ratio('  how much slower with invariants on (goal 2)', without / speed(body, true)),
  ];
}

export const migrateLoop = (): Finding[] =>
  withInvariants('migrate 16 pages and read one, in a loop', MIGRATE);
export const writeAgain = (): Finding[] =>
  withInvariants('write 16 pages that are there, in a loop', WRITE_AGAIN);
export const writeLarge = (): Finding[] => [
  {
    what: 'steps a second, write of 256 MiB and exit (goal 20)',
    value: speed(WRITE_LARGE, false),
    unit: 'million',
  },
];
