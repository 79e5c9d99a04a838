/**
 * Which tasks of a scenario could end a wait that only a statement ends: at a barrier, for something to do, or for the
 * last reference on a device page. A task that has the statement in its text may still come to it, as far as is known
 * without running it; so may one that is yet to be started, for which its starter stands.
 */

import type { Kernel } from '../../engine/kernel/kernel';
import { Hold, type HoldKind } from '../../engine/machine/holds';
import type { PgmapRow, TaskRow } from '../../engine/machine/ids';
import { TaskState, Wait, type WaitKind } from '../../engine/machine/tasks';
import type { Block, Scenario, Statement } from '../ast';
import { inUse } from '../environment';
import type { RunContext } from './context';
import { NOBODY } from './page-statements';

interface Text {
  /** Number of the task whose text starts it; undefined: it is there from the start. */
  readonly starter: number | undefined;
  /** It may be started several times. */
  readonly again: boolean;
}

/** What ends a process, and with it the scenario's own waits of its tasks. */
const EXIT = 'exit';

/** What a statement does for tasks that wait: `barrier x`, `on t`, `put_page`, `unpin`, `exit`. */
function deedOf(statement: Statement): string | undefined {
  switch (statement.kind) {
    case 'barrier':
      return `barrier ${statement.name.text}`;
    case 'on':
      return `on ${statement.task.text}`;
    case 'put_page':
    case 'unpin':
      return statement.kind;
    case 'exit':
    case 'kill':
      return EXIT;
    default:
      return undefined;
  }
}

/** The tasks of a scenario's text, by their numbers, and which of them has what in theirs. */
class Texts {
  readonly #texts = new Map<number, Text>();
  readonly #doers = new Map<string, Set<number>>();

  /** `profile`: the one that it runs under; `number`: that of a task's name. */
  constructor(
    scenario: Scenario,
    readonly profile: string,
    readonly number: (name: string) => number,
  ) {
    for (const item of scenario.items)
      if (item.kind === 'process') this.#task(item.body, item.name.text, undefined, false);
  }

  doers(deed: string): Iterable<number> {
    return this.#doers.get(deed) ?? [];
  }

  text(name: number): Text {
    return this.#texts.get(name) ?? { starter: undefined, again: false };
  }

  #task(body: Block | undefined, name: string, starter: number | undefined, again: boolean): void {
    const number = this.number(name);
    this.#texts.set(number, { starter, again });
    if (body) this.#block(body, [number], again);
  }

  /** `doers`: who executes the block, and who told it to. */
  #block(body: Block, doers: readonly number[], again: boolean): void {
    for (const statement of body.statements) {
      const deed = deedOf(statement);
      if (deed !== undefined) this.#does(deed, doers);
      if (statement.kind === 'under' && !statement.profiles.some(({ text }) => text === this.profile))
        continue;
      if (statement.kind === 'fork' || statement.kind === 'thread')
        this.#task(statement.body, statement.name.text, doers[0], again);
      else if ('body' in statement && statement.body !== undefined) {
        const who = statement.kind === 'on' ? [this.number(statement.task.text), ...doers] : doers;
        this.#block(statement.body, who, again || REPEATS.includes(statement.kind));
      }
    }
  }

  #does(deed: string, doers: readonly number[]): void {
    const known = this.#doers.get(deed) ?? new Set();
    for (const name of doers) known.add(name);
    this.#doers.set(deed, known);
  }
}

const REPEATS: readonly Statement['kind'][] = ['loop', 'repeat'];

/** Kinds of references that a statement takes, and which one gives them back. */
function deedFor(kind: HoldKind, who: number): string | undefined {
  if (kind === Hold.Pin) return 'unpin';
  return kind === Hold.Driver && who === NOBODY ? 'put_page' : undefined;
}

/** What `Kernel.ownWaits` answers in a run of this scenario. */
export function ownWaits(ctx: RunContext): (kind: WaitKind, on: number) => readonly TaskRow[] | undefined {
  const { kernel: k, program } = ctx;
  const { tasks } = k;
  const texts = new Texts(program.scenario, program.profile.name, (name) => ctx.taskNumber(name));
  const doing = (...deeds: string[]): TaskRow[] => doersOf(ctx, texts, deeds);

  const releasing = (pgmap: PgmapRow): readonly TaskRow[] | undefined => {
    const lists = [...deedsFor(k, pgmap)].map((deed) => doing(deed));
    const live = (task: TaskRow): boolean => tasks.state.get(task) !== TaskState.Exited;
    return lists.find((list) => !list.some(live)) ?? lists[0];
  };

  return (kind, on) => {
    switch (kind) {
      case Wait.Barrier: {
        const comes = doing(`barrier ${program.names.barriers[on]}`, EXIT);
        return comes.filter((task) => !tasks.isQueued(task, kind, on));
      }
      case Wait.Work:
        return doing(`on ${program.names.tasks[tasks.taskName.get(on)]}`, EXIT);
      case Wait.PgmapRef:
        return releasing(on as PgmapRow);
      default:
        return undefined;
    }
  };
}

/** The tasks that have one of these deeds in their text, those that have ended included, and who would start such tasks. */
function doersOf(ctx: RunContext, texts: Texts, deeds: readonly string[]): TaskRow[] {
  const { state, kernel } = ctx;
  const found = new Set<TaskRow>();
  const seen = new Set<number>();
  const add = (name: number): void => {
    if (seen.has(name)) return;
    seen.add(name);
    const { starter, again } = texts.text(name);
    const latest = state.taskNamed.get(name);
    if (latest !== 0)
      for (const task of again ? rowsNamed(kernel, name) : [latest]) found.add(task as TaskRow);
    if (starter !== undefined && (again || latest === 0)) add(starter);
  };
  for (const deed of deeds) for (const name of texts.doers(deed)) add(name);
  return [...found];
}

const rowsNamed = ({ tasks }: Kernel, name: number): number[] =>
  [...tasks.tasks.rows()].filter((task) => tasks.taskName.get(task) === name);

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
