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
  /** Whose text starts the task; undefined: it is there from the start. */
  readonly starter: string | undefined;
  /** It may be started several times. */
  readonly again: boolean;
}

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
      return 'exit';
    default:
      return undefined;
  }
}

/** The tasks of a scenario's text, and which of them has what in theirs. */
class Texts {
  readonly #texts = new Map<string, Text>();
  /** By deed: names of tasks. */
  readonly #doers = new Map<string, Set<string>>();

  /** `profile`: the one that it runs under. */
  constructor(
    scenario: Scenario,
    readonly profile: string,
  ) {
    for (const item of scenario.items)
      if (item.kind === 'process') this.#task(item.body, item.name.text, undefined, false);
  }

  doers(deed: string): ReadonlySet<string> {
    return this.#doers.get(deed) ?? new Set();
  }

  text(name: string): Text | undefined {
    return this.#texts.get(name);
  }

  #task(body: Block | undefined, name: string, starter: string | undefined, again: boolean): void {
    this.#texts.set(name, { starter, again });
    if (body) this.#block(body, [name], again);
  }

  /** `doers`: who executes the block, and who told it to. */
  #block(body: Block, doers: readonly string[], again: boolean): void {
    for (const statement of body.statements) {
      const deed = deedOf(statement);
      if (deed !== undefined) this.#does(deed, doers);
      if (statement.kind === 'under' && !statement.profiles.some(({ text }) => text === this.profile))
        continue;
      if (statement.kind === 'fork' || statement.kind === 'thread')
        this.#task(statement.body, statement.name.text, doers[0], again);
      else if ('body' in statement && statement.body !== undefined) {
        const who = statement.kind === 'on' ? [statement.task.text, ...doers] : doers;
        this.#block(statement.body, who, again || statement.kind === 'loop');
      }
    }
  }

  #does(deed: string, doers: readonly string[]): void {
    const known = this.#doers.get(deed) ?? new Set();
    for (const name of doers) known.add(name);
    this.#doers.set(deed, known);
  }
}

/** Kinds of references that a statement takes, and which one gives them back. */
function deedFor(kind: HoldKind, who: number): string | undefined {
  if (kind === Hold.Pin) return 'unpin';
  return kind === Hold.Driver && who === NOBODY ? 'put_page' : undefined;
}

/** What `Kernel.ownWaits` answers in a run of this scenario. */
export function ownWaits(ctx: RunContext): (kind: WaitKind, on: number) => readonly TaskRow[] | undefined {
  const { kernel: k, program, state } = ctx;
  const { tasks } = k;
  const texts = new Texts(program.scenario, program.profile.name);

  const add = (names: Set<number>, name: string): void => {
    const number = ctx.taskNumber(name);
    if (names.has(number)) return;
    names.add(number);
    const text = texts.text(name);
    const toCome = text?.again === true || state.taskNamed.get(number) === 0;
    if (text?.starter !== undefined && toCome) add(names, text.starter);
  };

  const doing = (...deeds: string[]): TaskRow[] => {
    const names = new Set<number>();
    for (const deed of deeds) for (const name of texts.doers(deed)) add(names, name);
    return ([...tasks.tasks.rows()] as TaskRow[]).filter((task) => names.has(tasks.taskName.get(task)));
  };

  const releasing = (pgmap: PgmapRow): readonly TaskRow[] | undefined => {
    const lists = [...deedsFor(k, pgmap)].map((deed) => doing(deed));
    const live = (task: TaskRow): boolean => tasks.state.get(task) !== TaskState.Exited;
    return lists.find((list) => !list.some(live)) ?? lists[0];
  };

  return (kind, on) => {
    switch (kind) {
      case Wait.Barrier: {
        const comes = doing(`barrier ${program.names.barriers[on]}`, 'exit');
        return comes.filter((task) => !tasks.isQueued(task, kind, on));
      }
      case Wait.Work:
        return doing(`on ${program.names.tasks[tasks.taskName.get(on)]}`, 'exit');
      case Wait.PgmapRef:
        return releasing(on as PgmapRow);
      default:
        return undefined;
    }
  };
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
