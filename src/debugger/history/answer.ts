/** Answers questions about the whole of history by going through it again. */

import type { TaskRow } from '../../engine/machine/ids';
import { EVENT_NAMES, type EventName } from '../../engine/routine/event-schema';
import type { Work } from '../../engine/time/work';
import { type Compiled, didYouMean, holds, type NameResolver, showValue } from '../../language';
import { type HistoryTable, MOST_ROWS } from '../../protocol/history';
import { environment, eventNames, moveTo, type Scene, type World } from '../../view/environment';
import { watched } from '../changes/watched';
import { changeLine, changeWords } from '../changes/words';
import type { CodeMap } from '../code-map';
import { compileIn, evaluationProblem, type Result } from '../condition';
import type { Watching } from '../replay';
import { type Looking, lookAgain } from './again';
import { eventLine } from './event-line';
import type { Query } from './query';
import { Rows } from './rows';

const fail = (message: string): { ok: false; message: string } => ({ ok: false, message });

/** Callbacks whose events bear the name that kernels gave them first. */
const EVENT_ALIASES: Readonly<Record<string, EventName>> = {
  page_fault: 'migrate_to_ram',
  folio_free: 'page_free',
};

/** The condition and the columns of a question. */
class Asked {
  /** Why the condition could not be evaluated where it first could not. */
  problem: string | undefined;

  constructor(
    readonly where: Compiled<Scene> | undefined,
    readonly show: readonly Compiled<Scene>[],
    readonly scene: Scene,
  ) {}

  /** What is shown of this moment, seen from a task; undefined where the condition does not hold. */
  at(task: TaskRow): string[] | undefined {
    const scene = moveTo(this.scene, task);
    if (this.where && !this.#holds(this.where, scene)) return undefined;
    return this.show.map((column) => shown(column, moveTo(scene, task)));
  }

  #holds({ evaluate }: Compiled<Scene>, scene: Scene): boolean {
    try {
      return holds(evaluate(scene));
    } catch (error) {
      this.problem ??= evaluationProblem(error);
      return false;
    }
  }
}

function shown({ evaluate, type }: Compiled<Scene>, scene: Scene): string {
  try {
    return showValue(evaluate(scene), type, scene).replace(/^"(.*)"$/, '$1');
  } catch (error) {
    return `(${evaluationProblem(error)})`;
  }
}

/** What one kind of question looks for, with the names that its expressions have. */
interface Sought {
  readonly names: NameResolver<Scene>;
  looking(asked: Asked, rows: Rows): Omit<Looking, 'begin' | 'end'>;
}

function steps(pcs: readonly number[], names: NameResolver<Scene>, what: string): Sought {
  return {
    names,
    looking: (asked, rows) => ({
      pcs,
      atStep: () => {
        const { task } = rows.world.kernel;
        const values = asked.at(task);
        if (values) rows.add(task, what, values);
      },
    }),
  };
}

function calls(world: World, map: CodeMap, name: string): Result<Sought> {
  const pcs = map.entries(name);
  if (pcs.length === 0) return fail(map.unknownName(name));
  const routine = map.routineAt(pcs[0] ?? 0);
  return { ok: true, value: steps(pcs, environment(world, routine ? { routine } : {}), name) };
}

function hits(world: World, map: CodeMap, text: string): Result<Sought> {
  const [, digits] = /^(?:line\s+)?(\d{1,9})$/.exec(text) ?? [];
  if (digits === undefined) return fail(`A line is written as hits line 9, not as \`hits ${text}\`.`);
  const at = map.bindLine(Number(digits));
  if (at?.line !== Number(digits)) return fail(`No statement begins on line ${digits}.`);
  return { ok: true, value: steps(at.pcs, environment(world), `line ${at.line}`) };
}

function events(world: World, name: string): Result<Sought> {
  const event = EVENT_ALIASES[name] ?? EVENT_NAMES.find((known) => known === name);
  if (event === undefined)
    return fail(`There is no kind of event \`${name}\`${didYouMean(name, EVENT_NAMES)}.`);
  const known = eventNames(world, event);
  return {
    ok: true,
    value: {
      names: known.names,
      looking: (asked, rows) => ({
        events: [event],
        atEvent: (task, _, args) => {
          known.args = args;
          const values = asked.at(task);
          if (values) rows.add(task, eventLine(world, event, task, args), values);
        },
      }),
    },
  };
}

function changesOf(world: World, map: CodeMap, expression: string): Result<Sought> {
  const made = watched(world, expression);
  if (!made.ok) return made;
  return {
    ok: true,
    value: {
      names: environment(world),
      looking: (asked, rows) => ({
        watched: [made.value],
        atChanges: (changes) => {
          const task = changes[0]?.task ?? world.kernel.task;
          const values = asked.at(task);
          if (values)
            rows.add(task, changeWords(world, map, changes), values, changeLine(world, map, changes));
        },
      }),
    },
  };
}

function soughtBy(world: World, map: CodeMap, { question, subject }: Query): Result<Sought> {
  switch (question) {
    case 'calls':
      return calls(world, map, subject);
    case 'hits':
      return hits(world, map, subject);
    case 'events':
      return events(world, subject);
    case 'changes':
    case 'writes':
      return changesOf(world, map, subject);
  }
}

/** What an answer says besides its rows. */
function noteOf(rows: Rows, { problem }: Asked): string | undefined {
  const notes = [
    ...(rows.cut ? [`These are the newest ${MOST_ROWS}; ask between two times for earlier ones.`] : []),
    ...(problem === undefined ? [] : [`Where the condition can’t be evaluated it does not hold: ${problem}`]),
  ];
  return notes.length === 0 ? undefined : notes.join(' ');
}

/** A question that has been understood; its work goes through history. */
export function answerTo(watching: Watching, map: CodeMap, query: Query): Result<Work<HistoryTable>> {
  const { world } = watching.scene;
  const sought = soughtBy(world, map, query);
  if (!sought.ok) return sought;
  const { names, looking } = sought.value;
  const compiled = [...(query.where === undefined ? [] : [query.where]), ...query.show].map((text) =>
    compileIn(text, names),
  );
  const good: Compiled<Scene>[] = [];
  for (const one of compiled) {
    if (!one.ok) return one;
    good.push(one.value);
  }
  const where = query.where === undefined ? undefined : good.shift();
  const asked = new Asked(where, good, watching.scene);
  return { ok: true, value: answer(watching, new Rows(world, map), query, asked, looking) };
}

function* answer(
  watching: Watching,
  rows: Rows,
  { question, subject, from, to, show }: Query,
  asked: Asked,
  looking: Sought['looking'],
): Work<HistoryTable> {
  const { kernel } = rows.world;
  const inTime = (): boolean => kernel.time >= from && kernel.time <= to;
  const { atStep, atEvent, atChanges, ...rest } = looking(asked, rows);
  const { engine } = watching;
  const next = kernel.tasks.pc.get(kernel.task);
  // A run that has stopped before a step has come to it, though it has not run.
  if (engine.time === engine.frontier && rest.pcs?.includes(next) && inTime()) atStep?.(next);
  rows.end();
  let start = 0;
  yield* lookAgain(watching, to + 1, {
    ...rest,
    atStep: (pc) => inTime() && atStep?.(pc),
    atEvent: (task, name, args) => inTime() && atEvent?.(task, name, args),
    atChanges: (list) => inTime() && atChanges?.(list),
    begin: () => {
      start = kernel.time;
      rows.begin();
    },
    end: () => rows.end() || start <= from,
  });
  const note = noteOf(rows, asked);
  return {
    title: `${question} ${subject}`,
    columns: [...show],
    rows: [...rows.list],
    ...(note === undefined ? {} : { note }),
  };
}
