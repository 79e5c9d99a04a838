/** The two faults that everything consists of, beside the running kernel's own first touch. */

import { type Finding, ratio, time } from './figure';
import { kernelFirstTouch } from './kernel';
import { stateBytes } from './memory';
import { scenario, seconds, settled } from './workload';

const PAGES = 50_000;
const FAULT_PAGES = 20_000;
const TIMES = 3;

/** What one statement takes. */
interface Phase {
  readonly time: number;
  readonly steps: number;
  /** Bytes of state that it adds. */
  readonly bytes: number;
}

/** Runs the statements of `before`, then measures the one statement `body`. */
function phase(before: readonly string[], body: string): Phase {
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
  const taken = seconds(() => upTo(before.length));
  return { time: taken, steps: kernel.time - start, bytes: stateBytes(kernel.store) - held };
}

function besideKernel(perPage: number, goal: number): Finding[] {
  const what = "the running kernel's own first touch";
  const kernel = kernelFirstTouch(PAGES, TIMES);
  if (kernel === undefined) return [{ what, leftOut: 'no C compiler was found' }];
  return [time(what, kernel, 'µs'), ratio(`  ratio to it (goal ${goal})`, perPage / kernel)];
}

export function firstTouch(): Finding[] {
  const measure = (): Phase => phase([`buf = mmap ${PAGES} pages anon rw`], 'write buf = 1');
  const { steps, bytes } = measure();
  const perPage = settled(TIMES, () => measure().time) / PAGES;
  return [
    time('first touch of a page', perPage, 'µs'),
    { what: '  its steps', value: steps / PAGES, unit: 'steps' },
    ...besideKernel(perPage, 0.5),
    { what: 'state of a touched page, its table included (goal 128)', value: bytes / PAGES, unit: 'bytes' },
  ];
}

export function deviceFault(): Finding[] {
  const before = [`buf = mmap ${FAULT_PAGES} pages anon rw`, 'write buf = 1', 'migrate buf to gpu0'];
  const measure = (): Phase => phase(before, 'read buf');
  const { steps } = measure();
  const perFault = settled(TIMES, () => measure().time) / FAULT_PAGES;
  return [
    time('CPU fault on a device page and its way home', perFault, 'µs'),
    { what: '  its steps', value: steps / FAULT_PAGES, unit: 'steps' },
    ...besideKernel(perFault, 2),
  ];
}
