/** From the text of a scenario to a program. */

import { DRIVERS } from '../engine/drivers';
import { DEFAULT_PROFILE, findProfile } from '../engine/profiles';
import type { Driver } from '../engine/routine/driver';
import { analyseScenario, type Checked } from '../language/checker';
import { type Diagnostic, locate, type Problem, ProblemList } from '../language/diagnostics';
import { eachStatement } from '../language/each-statement';
import { expectationTexts, statementText } from '../language/expectations';
import { knowledgeOf } from './driver-words';
import { filesOf, layoutOf, machineOf, orderOf, swapPagesOf } from './layout';
import { collectNames, contextDevices, withBottomHalves, withWorkers } from './names';
import type { Program, StatementInfo } from './program';
import { problemsOf } from './run';
import { withSwitches } from './switches';

export interface CompileOptions {
  /** Runs under this profile, whatever the scenario says. */
  readonly profile?: string;
  /** The drivers there are; DRIVERS where nothing is said. */
  readonly drivers?: readonly Driver[];
}

/** What came of a text: all that is wrong with it, and the program where it can run. */
export interface Compilation {
  readonly diagnostics: readonly Diagnostic[];
  readonly program: Program | undefined;
}

function statementsOf(checked: Checked, text: string): StatementInfo[] {
  const statements: StatementInfo[] = [];
  eachStatement(checked.scenario, (statement, task) => {
    statements.push({
      index: statements.length,
      statement,
      position: checked.lines.position(statement.span.start),
      text: statementText(text, statement),
      task,
      expectations: expectationTexts(text, statement),
    });
  });
  return statements;
}

function programOf(
  checked: Checked,
  text: string,
  file: string,
  drivers: readonly Driver[],
  problems: ProblemList,
): Program {
  const { scenario, lines, barriers } = checked;
  const own = collectNames(scenario, problems);
  const layout = layoutOf(scenario, own.constants, drivers);
  const names = withBottomHalves(
    withWorkers(own, layout.cpus, layout.nodes.length),
    contextDevices(scenario),
  );
  const statements = statementsOf(checked, text);
  const base = findProfile(checked.profile) ?? DEFAULT_PROFILE;
  return {
    file,
    text,
    lines,
    scenario,
    profile: withSwitches(base, scenario, drivers, problems),
    drivers,
    layout,
    names,
    files: filesOf(scenario, names.constants),
    swapPages: swapPagesOf(scenario, names.constants),
    swapSync: machineOf(scenario)?.swapSync ?? false,
    order: orderOf(scenario, names.tasks, names.constants),
    statements,
    indexOf: new Map(statements.map(({ statement, index }) => [statement, index])),
    barriers,
  };
}

/** Reads, checks and compiles a scenario. Never throws for what is wrong with the text. */
export function compileScenario(text: string, file: string, options: CompileOptions = {}): Compilation {
  const drivers = options.drivers ?? DRIVERS;
  const knowledge = knowledgeOf(drivers);
  const checked = analyseScenario(text, file, { ...options, knowledge });
  if (!checked.runnable) return { diagnostics: checked.diagnostics, program: undefined };
  const problems = new ProblemList();
  const program = programOf(checked, text, file, drivers, problems);
  const found: readonly Problem[] = [...problems.problems, ...problemsOf(program)];
  const diagnostics = [...checked.diagnostics, ...locate(found, file, checked.lines)];
  const runs = !found.some(({ severity }) => severity === 'error');
  return { diagnostics, program: runs ? program : undefined };
}
