/** The texts of a scenario's tasks: who starts whom, who comes to an end, and who has which statement in his. */

import type { Block, Scenario, Statement } from '../language/ast';

export interface Text {
  /** Number of the task whose text starts it; undefined: it is there from the start, or is none of the scenario's. */
  readonly starter: number | undefined;
  /** It may be started several times. */
  readonly again: boolean;
  /** It does not come to its end by itself: it loops for ever, or is told what to do. */
  readonly endless: boolean;
}

const UNKNOWN: Text = { starter: undefined, again: false, endless: false };

/** Where a block stands. */
interface Place {
  /** Who executes it, and who told it to. */
  readonly doers: readonly number[];
  /** Name of the process that executes it. */
  readonly process: string;
  /** It may be executed several times. */
  readonly again: boolean;
}

/** What a statement does for tasks that wait; an end of a process apart: `barrier x`, `on t`, `put_page`, `unpin`. */
function deedOf(statement: Statement): string | undefined {
  switch (statement.kind) {
    case 'barrier':
      return `barrier ${statement.name.text}`;
    case 'on':
      return `on ${statement.task.text}`;
    case 'put_page':
    case 'unpin':
      return statement.kind;
    default:
      return undefined;
  }
}

/** The process of each task, by their names. */
function processes(scenario: Scenario): Map<string, string> {
  const found = new Map<string, string>();
  const block = (body: Block, process: string): void => {
    for (const statement of body.statements) {
      const { kind } = statement;
      if (kind === 'fork' || kind === 'thread')
        found.set(statement.name.text, kind === 'fork' ? statement.name.text : process);
      if (!('body' in statement) || statement.body === undefined) continue;
      const inner = kind === 'fork' ? statement.name.text : process;
      block(statement.body, kind === 'on' ? (found.get(statement.task.text) ?? process) : inner);
    }
  };
  for (const item of scenario.items)
    if (item.kind === 'process') {
      found.set(item.name.text, item.name.text);
      block(item.body, item.name.text);
    }
  return found;
}

export class Texts {
  readonly #texts = new Map<number, Text>();
  readonly #doers = new Map<string, Set<number>>();
  readonly #numbers: ReadonlyMap<string, number>;
  readonly #processes: ReadonlyMap<string, string>;

  /** `profile`: the one it runs under. `names`: those of the tasks, by which they are numbered. */
  constructor(
    scenario: Scenario,
    readonly profile: string,
    names: readonly string[],
  ) {
    this.#numbers = new Map(names.map((name, number) => [name, number]));
    this.#processes = processes(scenario);
    for (const item of scenario.items)
      if (item.kind === 'process') this.#task(item.body, item.name.text, undefined, false);
  }

  text(name: number): Text {
    return this.#texts.get(name) ?? UNKNOWN;
  }

  /** Numbers of the tasks that have this in their text: a deed, or `exit` with the name of a process. */
  doers(deed: string): Iterable<number> {
    return this.#doers.get(deed) ?? [];
  }

  #number(name: string): number {
    return this.#numbers.get(name) ?? -1;
  }

  #process(task: string): string {
    return this.#processes.get(task) ?? task;
  }

  #task(body: Block | undefined, name: string, starter: number | undefined, again: boolean): void {
    const number = this.#number(name);
    const ends =
      body !== undefined && this.#block(body, { doers: [number], process: this.#process(name), again });
    this.#texts.set(number, { starter, again, endless: !ends });
  }

  /** False if the block is never left: what follows a loop without an end is not come to. */
  #block(body: Block, place: Place): boolean {
    for (const statement of body.statements) {
      this.#note(statement, place);
      if (!this.#inside(statement, place)) return false;
    }
    return true;
  }

  #note(statement: Statement, { doers, process }: Place): void {
    const deed = deedOf(statement);
    if (deed !== undefined) this.#does(deed, doers);
    if (statement.kind === 'exit') this.#does(`exit ${process}`, doers);
    if (statement.kind === 'kill') this.#does(`exit ${this.#process(statement.task.text)}`, doers);
  }

  /** What a statement contains; false if it is never left. */
  #inside(statement: Statement, place: Place): boolean {
    switch (statement.kind) {
      case 'fork':
      case 'thread':
        this.#task(statement.body, statement.name.text, place.doers[0], place.again);
        return true;
      case 'on': {
        const { text } = statement.task;
        const doers = [this.#number(text), ...place.doers];
        return this.#block(statement.body, { ...place, doers, process: this.#process(text) });
      }
      case 'under':
        return (
          !statement.profiles.some(({ text }) => text === this.profile) || this.#block(statement.body, place)
        );
      case 'repeat':
        return this.#block(statement.body, { ...place, again: true });
      case 'loop':
        this.#block(statement.body, { ...place, again: true });
        return false;
      default:
        return true;
    }
  }

  #does(deed: string, doers: readonly number[]): void {
    const known = this.#doers.get(deed) ?? new Set();
    for (const name of doers) known.add(name);
    this.#doers.set(deed, known);
  }
}
