/**
 * `npm run bench`: the engine's speed beside something run at the same time on the same machine. Each figure is the best
 * of several, as others use the machine too; its goal stands beside it.
 */

import { loadavg } from 'node:os';
import { Checker } from '../../src/engine/invariants/checker';
import { finish } from '../../src/engine/time/work';
import { nextLatency } from './adapter';
import { conditionCost } from './condition';
import { history } from './history';
import { kernelFirstTouch } from './kernel';
import { stateBytes } from './memory';
import { ms, say, us } from './report';
import { best, type Measured, scenario, seconds } from './workload';

const PAGES = 50_000;
const FAULT_PAGES = 20_000;
const TIMES = 5;
const CONDITIONS = ['page.refcount > 1000', 'address in buf[0..4] && device == gpu0 && page.refcount > 1000'];

/** Runs the statements of `before`, then measures the one statement `body`: its seconds, steps and bytes of state. */
function phase(
  before: readonly string[],
  body: string,
): { readonly time: number; readonly steps: number; readonly bytes: number } {
  const { run } = scenario([...before, body].join('\n'));
  const { interpreter, kernel } = run;
  let last = 0;
  kernel.events.observer = (_, name, __, args) => {
    if (name === 'result' && args[0] === last) interpreter.interrupt();
  };
  const upTo = (statement: number): void => {
    last = statement;
    interpreter.run(Number.MAX_SAFE_INTEGER, false);
  };
  upTo(before.length - 1);
  const start = kernel.time;
  const held = stateBytes(kernel.store);
  const time = seconds(() => upTo(before.length));
  return { time, steps: kernel.time - start, bytes: stateBytes(kernel.store) - held };
}

function bestPhase(before: readonly string[], body: string): ReturnType<typeof phase> {
  const all = Array.from({ length: TIMES }, () => phase(before, body));
  return all.reduce((least, one) => (one.time < least.time ? one : least));
}

const WRITES = 'buf = mmap 64KiB anon rw\nrepeat 40000 { write buf[0..16] = 1 }';

/** Steps a second with checkpoints, events and a breakpoint that is not hit. */
function stepsASecond(invariants: boolean): number {
  let ran = 0;
  const withBreakpoint = (): Measured => {
    const measured = scenario(WRITES);
    const { interpreter, linked } = measured.run;
    if (invariants) new Checker(interpreter);
    const callback = linked.routines.find(({ routine }) => routine.aliases.includes('page_fault'));
    interpreter.arm(callback ? [callback.entry] : []);
    return measured;
  };
  const time = best(TIMES, withBreakpoint, ({ engine }) => {
    finish(engine.forward(Number.MAX_SAFE_INTEGER));
    ran = engine.time;
  });
  return ran / time;
}

function steps(): void {
  const without = stepsASecond(false);
  say(
    'steps a second, checkpoints and events on, a breakpoint (goal 20 million)',
    `${(without / 1e6).toFixed(1)} million`,
  );
  say('  how much slower with invariants on (goal 3)', (without / stepsASecond(true)).toFixed(2));
}

function faults(): void {
  const touch = bestPhase([`buf = mmap ${PAGES} pages anon rw`], 'write buf = 1');
  const perPage = touch.time / PAGES;
  say('first touch of a page', `${us(perPage)}, ${Math.round(touch.steps / PAGES)} steps`);
  const kernel = kernelFirstTouch(PAGES, TIMES);
  if (kernel === undefined) say("the running kernel's own first touch", 'left out: no C compiler was found');
  else {
    say("the running kernel's own first touch", us(kernel));
    say('  ratio to the running kernel (goal 0.5)', (perPage / kernel).toFixed(2));
  }
  say(
    'state of a touched page, its table included (goal 128 bytes)',
    `${Math.ceil(touch.bytes / PAGES)} bytes`,
  );
  const small = [`buf = mmap ${FAULT_PAGES} pages anon rw`, 'write buf = 1', 'migrate buf to gpu0'];
  const device = bestPhase(small, 'read buf');
  const perFault = device.time / FAULT_PAGES;
  say(
    'CPU fault on a device page and its migration home',
    `${us(perFault)}, ${Math.round(device.steps / FAULT_PAGES)} steps`,
  );
  say('  ratio to first touch (goal 2)', (perFault / perPage).toFixed(2));
}

function conditions(): void {
  for (const condition of CONDITIONS)
    say(`a hit with \`${condition}\` (goal 200 ns)`, `${(conditionCost(condition) * 1e9).toFixed(0)} ns`);
}

async function adapter(): Promise<void> {
  const { ours, minimal } = await nextLatency();
  say('`next` to `stopped` over stdio, median', ms(ours));
  say('the same with a minimal adapter', ms(minimal));
  say('  ratio (goal 1.5)', (ours / minimal).toFixed(2));
}

const load = loadavg()[0] ?? 0;
console.log(`load of the machine at the start: ${load.toFixed(1)}`);
steps();
faults();
conditions();
history();
await adapter();
