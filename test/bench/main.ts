/** `npm run bench`: the engine's speed beside something run at the same time on the same machine. */

import { loadavg } from 'node:os';
import { finish } from '../../src/engine/time/work';
import { nextLatency } from './adapter';
import { kernelFirstTouch } from './kernel';
import { type Measured, median, scenario, seconds } from './workload';

const PAGES = 50_000;
const FAULT_PAGES = 20_000;
const HISTORY = 10_000_000;

const say = (what: string, value: string): void => console.log(`${what.padEnd(58)} ${value}`);
const us = (s: number): string => `${(s * 1e6).toFixed(2)} µs`;
const ms = (s: number): string => `${(s * 1e3).toFixed(2)} ms`;

const toTheEnd = ({ engine }: Measured): void => {
  finish(engine.forward(Number.MAX_SAFE_INTEGER));
};

/** Runs the statements of `before`, then measures the one statement `body`: its seconds and its steps. */
function phase(before: readonly string[], body: string): { time: number; steps: number } {
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
  return { time: seconds(() => upTo(before.length)), steps: kernel.time - start };
}

function steps(): void {
  const body = `buf = mmap 64KiB anon rw\nrepeat 40000 { write buf[0..16] = 1 }`;
  const withBreakpoint = (): Measured => {
    const measured = scenario(body);
    const callback = measured.run.linked.routines.find(({ routine }) =>
      routine.aliases.includes('page_fault'),
    );
    measured.run.interpreter.arm(callback ? [callback.entry] : []);
    return measured;
  };
  const plain = median(3, withBreakpoint, toTheEnd);
  const { run } = scenario(body);
  run.interpreter.run(Number.MAX_SAFE_INTEGER, false);
  say(
    'steps a second, checkpoints and events on, a breakpoint',
    `${(run.kernel.time / plain / 1e6).toFixed(1)} million`,
  );
}

function faults(): void {
  const touch = phase([`buf = mmap ${PAGES} pages anon rw`], 'write buf = 1');
  const perPage = touch.time / PAGES;
  say('first touch of a page', `${us(perPage)}, ${Math.round(touch.steps / PAGES)} steps`);
  const kernel = kernelFirstTouch(PAGES);
  if (kernel === undefined) say("the running kernel's own first touch", 'left out: no C compiler was found');
  else {
    say("the running kernel's own first touch", us(kernel));
    say('  ratio to the running kernel (goal 0.5)', (perPage / kernel).toFixed(2));
  }
  const small = [`buf = mmap ${FAULT_PAGES} pages anon rw`, 'write buf = 1', 'migrate buf to gpu0'];
  const device = phase(small, 'read buf');
  const perFault = device.time / FAULT_PAGES;
  say(
    'CPU fault on a device page and its migration home',
    `${us(perFault)}, ${Math.round(device.steps / FAULT_PAGES)} steps`,
  );
  say('  ratio to first touch (goal 2)', (perFault / perPage).toFixed(2));
}

function history(): void {
  const measured = scenario('buf = mmap 64KiB anon rw\nloop { write buf[0..16] = 1 }');
  const { engine, run } = measured;
  finish(engine.forward(HISTORY));
  const now = run.kernel.time;
  const back = median(
    5,
    () => finish(engine.seek(now)),
    () => finish(engine.seek(run.kernel.time - 1)),
  );
  say(`a step back with ${HISTORY / 1e6} million steps behind (goal 20 ms)`, ms(back));
  finish(engine.seek(now));
  const search = seconds(() => {
    finish(engine.searchBack(now, { mayHold: () => true, begin: () => {}, found: () => undefined }));
  });
  say('reverse search over all of them, every segment run (goal 1 s)', ms(search));
  finish(engine.seek(now));
  say('seek to the middle of them', ms(seconds(() => finish(engine.seek(HISTORY / 2)))));
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
history();
await adapter();
