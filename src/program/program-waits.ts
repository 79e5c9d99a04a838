/**
 * What the text of a scenario says about waits that only a statement ends: at a barrier, for something to do, for the
 * last reference on a device page, or for the end of a process. A task that has the statement in its text may still come
 * to it, as far as is known without running it; for one that is yet to be started its starter stands. That a signal
 * kills a process nobody can know before.
 */

import { main_task } from '../engine/kernel/kernel/process';
import { Hold, type HoldKind } from '../engine/machine/holds';
import type { PgmapRow, TaskRow } from '../engine/machine/ids';
import { TaskState, Wait } from '../engine/machine/tasks';
import type { Kernel } from '../engine/routine/kernel';
import type { ProgramWaits } from '../engine/routine/program_waits';
import { inUse } from '../view/environment';
import type { RunContext } from './context';
import { NOBODY } from './page-statements';
import { Texts } from './texts';

/** Kinds of references that a statement takes, and which one gives them back. */
function deedFor(kind: HoldKind, who: number): string | undefined {
  if (kind === Hold.Pin) return 'unpin';
  return kind === Hold.Driver && who === NOBODY ? 'put_page' : undefined;
}

/** What has to be done before the pages of a device's memory are free that statements hold. */
function deedsFor(k: Kernel, pgmap: PgmapRow): Set<string> {
  const deeds = new Set<string>();
  for (const page of k.pages.rows()) {
    if (k.pages.pgmap(page) !== pgmap || !inUse(k, page)) continue;
    for (const { kind, who } of k.holds.of(page)) {
      const deed = deedFor(kind, who);
      if (deed !== undefined) deeds.add(deed);
    }
  }
  return deeds;
}

const rowsNamed = ({ tasks }: Kernel, name: number): number[] =>
  [...tasks.tasks.rows()].filter((task) => tasks.taskName.get(task) === name);

/** The tasks that have a deed in their text, those that have ended included, and who would start such tasks. */
function doersOf({ state, kernel }: RunContext, texts: Texts, deed: string): TaskRow[] {
  const found: number[] = [];
  const seen = new Set<number>();
  const add = (name: number): void => {
    if (seen.has(name)) return;
    seen.add(name);
    const { starter, again } = texts.text(name);
    const latest = state.taskNamed.get(name);
    if (latest !== 0) found.push(...(again ? rowsNamed(kernel, name) : [latest]));
    if (starter !== undefined && (again || latest === 0)) add(starter);
  };
  for (const name of texts.doers(deed)) add(name);
  return found as TaskRow[];
}

export function programWaits(ctx: RunContext): ProgramWaits {
  const { kernel: k, program } = ctx;
  const { tasks } = k;
  const { names } = program;
  const texts = new Texts(program.scenario, program.profile.name, names.tasks);
  const doing = (deed: string): TaskRow[] => doersOf(ctx, texts, deed);
  // Who waits for an idle task that has something to do may wait for that to be done.
  const neverEnds = (task: TaskRow): boolean =>
    texts.text(tasks.taskName.get(task)).endless && ctx.state.work.get(task) === 0;

  const live = (task: TaskRow): boolean => tasks.state.get(task) !== TaskState.Exited;

  /** Who may let go of what keeps a device's memory: of a mapping any task may that is left, if only by its end. */
  const releasing = (pgmap: PgmapRow): readonly TaskRow[] => {
    const lists = [...deedsFor(k, pgmap)].map(doing);
    const waits = (task: TaskRow): boolean => tasks.isQueued(task, Wait.PgmapRef, pgmap);
    const others = (): TaskRow[] =>
      ([...tasks.tasks.rows()] as TaskRow[]).filter((task) => tasks.process.get(task) !== 0 && !waits(task));
    return lists.find((list) => !list.some(live)) ?? lists[0] ?? others();
  };

  return {
    endedBy: (kind, on) => {
      switch (kind) {
        case Wait.Barrier: {
          const sleeps = (task: TaskRow): boolean =>
            tasks.state.get(task) === TaskState.Blocked && tasks.isQueued(task, kind, on);
          return doing(`barrier ${names.barriers[on]}`).filter((task) => !sleeps(task));
        }
        case Wait.Work:
          return doing(`on ${names.tasks[tasks.taskName.get(on)]}`);
        case Wait.PgmapRef:
          return releasing(on as PgmapRow);
        default:
          return undefined;
      }
    },
    mayEnd: (process) => {
      const main = main_task(k, process);
      const end = doing(`exit ${names.tasks[tasks.name.get(process)]}`);
      return main === 0 || neverEnds(main) ? end : [main, ...end];
    },
    neverEnds,
  };
}
