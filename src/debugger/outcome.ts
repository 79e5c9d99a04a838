/** What a run came to, for whoever wants to show it. */

import { leaks } from '../program';
import type { RunOutcome, StatementOutcome } from '../protocol';
import type { Tally } from './tally';

function statements(tally: Tally): StatementOutcome[] {
  const { program, compiled, state } = tally.run;
  return program.statements
    .filter(({ index, expectations }) => expectations.length > 0 && compiled.has(index))
    .map(({ index, position: { line, column } }): StatementOutcome => {
      if (state.failed.get(index) > 0) return { line, column, state: 'failed' };
      return { line, column, state: tally.begun(index) > 0 ? 'held' : 'not reached' };
    });
}

/** `problem`: why the run got nowhere, if it did. */
export function outcomeOf(tally: Tally, problem: string | undefined): RunOutcome {
  const { program, kernel } = tally.run;
  return {
    program: program.file,
    profile: program.profile.name,
    steps: kernel.time,
    checked: tally.checked,
    failed: tally.failed,
    failures: tally.failures.map(({ statement, message, time, task }) => {
      const { line, column } = statement.position;
      return { line, column, message, time, task };
    }),
    lost: tally
      .unreached()
      .filter(({ count }) => count > 0)
      .map(({ statement: { position }, sentence }) => ({
        line: position.line,
        column: position.column,
        message: sentence,
      })),
    broken: tally.broken,
    leaks: leaks(tally.run),
    ...(problem === undefined ? {} : { problem }),
    statements: statements(tally),
  };
}
