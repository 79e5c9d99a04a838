/** Small programs that have nothing to do with memory management, to try the run control with. */

import { DRIVERS } from '../../src/engine/drivers';
import type { TaskRow } from '../../src/engine/machine/ids';
import { Wait } from '../../src/engine/machine/tasks';
import { linux612 } from '../../src/engine/profiles/linux-6.12';
import type { Profile } from '../../src/engine/profiles/profile';
import type { Callbacks } from '../../src/engine/routine/driver';
import { Kernel } from '../../src/engine/routine/kernel';
import { link } from '../../src/engine/routine/link';
import {
  type AnyRoutine,
  Int,
  invalidateParams,
  type Locals,
  migrateOpsParams,
  migrateToRamParams,
  pageFreeParams,
  releaseParams,
  routine,
} from '../../src/engine/routine/routine';
import { Interpreter } from '../../src/engine/time/interpreter';
import { Schedule } from '../../src/engine/time/schedule';

const nothing = <P extends Locals>(name: string, params: P) =>
  routine({ name, file: 'idle.c', about: 'Nothing.', params, body: () => [] });

const idle: Callbacks = {
  migrate_to_ram: nothing('idle_migrate_to_ram', migrateToRamParams),
  page_free: nothing('idle_page_free', pageFreeParams),
  invalidate: nothing('idle_invalidate', invalidateParams),
  alloc_and_copy: nothing('idle_alloc_and_copy', migrateOpsParams),
  finalize_and_map: nothing('idle_finalize_and_map', migrateOpsParams),
  release: nothing('idle_release', releaseParams),
};

/** A machine with one task for each entry, which runs that routine with `n` as its parameter. */
export function machineWith(
  routines: readonly { routine: AnyRoutine; n: number }[],
  seed?: number,
  profile: Profile = linux612,
): Interpreter {
  const kernel = new Kernel(profile, DRIVERS);
  const roots = [...new Set(routines.map((entry) => entry.routine))];
  const interpreter = new Interpreter(kernel, link(profile, roots, [idle]));
  if (seed !== undefined) interpreter.scheduler = new Schedule(kernel, { kind: 'seed', seed });
  for (const { routine: body, n } of routines) {
    const task = kernel.tasks.tasks.alloc() as TaskRow;
    kernel.tasks.cpu.set(task, task);
    interpreter.start(task, body, (frame) => Object.assign(frame, { n }));
  }
  return interpreter;
}

/** A column that the kernel's own routines leave alone here. */
export const cells = (k: Kernel) => k.swap.used;

/** Adds up in a cell of its own, n times. */
export const counter = routine({
  name: 'counter',
  file: 'synthetic',
  about: 'Counts.',
  params: { n: Int },
  locals: { i: Int },
  body: (r) => [
    r.loop('i < n', (_, f) => f.i < f.n, [
      r.step('i++', (_, f) => {
        f.i++;
      }),
      r.step('cells[1000 + i % 4096] += i', (k, f) => {
        cells(k).add(1000 + (f.i % 4096), f.i);
      }),
    ]),
  ],
});

const leaf = routine({
  name: 'leaf',
  file: 'synthetic',
  about: 'One event and a value.',
  params: { n: Int },
  body: (r) => [
    r.step('emit', (k, f) => k.emit('print', 0, f.n)),
    r.yield('Y1'),
    r.ret('return n * 2', (_, f) => f.n * 2),
  ],
});

/** Takes a lock (cell 1) that other tasks want too, calls, emits, releases. */
export const worker = routine({
  name: 'worker',
  file: 'synthetic',
  about: 'Works under a lock.',
  params: { n: Int },
  locals: { i: Int, got: Int },
  body: (r) => [
    r.loop('i < n', (_, f) => f.i < f.n, [
      r.wait(
        'lock',
        Wait.DriverLock,
        () => 1,
        (k) => {
          if (cells(k).get(1) !== 0) return false;
          cells(k).set(1, k.task);
          return true;
        },
      ),
      r.call(
        'leaf(i)',
        leaf,
        (_, f, callee) => {
          callee.n = f.i;
        },
        (_, f, value) => {
          f.got = value;
        },
      ),
      r.step('cells[2 + i % 700] = got', (k, f) => cells(k).set(2 + (f.i % 700), f.got)),
      r.step('unlock', (k) => {
        cells(k).set(1, 0);
        k.tasks.wake(Wait.DriverLock, 1);
      }),
      r.step('i++', (_, f) => {
        f.i++;
      }),
      r.yield('Y2'),
    ]),
  ],
});
