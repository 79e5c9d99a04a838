/** The schedule that ran, in the words by which it can be run again. */

import type { TaskRow } from '../engine/machine/ids';
import type { Engine } from '../engine/time/engine';
import { finish, type Work } from '../engine/time/work';
import type { Debuggee } from './debuggee';

/** Turns that are written down; the rest of a longer schedule is cut off. */
const MOST_TURNS = 100_000;

/** Names of the same task in a row. */
interface Turn {
  readonly name: string;
  times: number;
}

const shown = ({ name, times }: Turn): string => (times === 1 ? name : `${name}*${times}`);

/** Consecutive choices of one task are one turn. */
function choose(turns: Turn[], name: string): void {
  const last = turns.at(-1);
  if (last?.name === name) last.times++;
  else if (turns.length <= MOST_TURNS) turns.push({ name, times: 1 });
}

function unchoose(turns: Turn[]): void {
  const last = turns.at(-1);
  if (last && --last.times === 0) turns.pop();
}

/**
 * The choices made at yields until now, the user's own among them, as a scenario's `schedule` line says them: `A B*3`.
 * Found by running again from the start; where it is very long only its beginning, with a comment that says so.
 */
export function* ranSchedule(engine: Engine, { schedule, world }: Debuggee): Work<string> {
  const { tasks } = world.kernel;
  const now = engine.time;
  const turns: Turn[] = [];
  let asked = -1;
  yield* engine.seek(0);
  schedule.onChoice = (task: TaskRow) => {
    // Asked again at the same time, after an input of the user's: the last answer is the one that runs.
    if (asked === engine.time) unchoose(turns);
    asked = engine.time;
    choose(turns, world.names.tasks[tasks.taskName.get(task)] ?? '');
  };
  try {
    while (engine.time < now && turns.length <= MOST_TURNS) {
      const stop = engine.advance(Math.min(now, engine.time + engine.sliceSteps));
      if (stop !== 'time') break;
      yield;
    }
  } finally {
    schedule.onChoice = undefined;
    finish(engine.seek(now));
  }
  if (turns.length > MOST_TURNS)
    return `${turns.slice(0, MOST_TURNS).map(shown).join(' ')} # cut after ${MOST_TURNS} turns`;
  return turns.map(shown).join(' ') || 'round-robin';
}
