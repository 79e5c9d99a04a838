/** The names of a program, with the numbers under which the machine knows them. */

import type { Name, Scenario, Statement } from '../language/ast';
import { constantOf } from '../language/constant';
import type { ProblemList } from '../language/diagnostics';
import { eachStatement } from '../language/each-statement';
import { bottomHalfName, workerNames } from '../language/task-names';
import type { ProgramNames, VariableName } from '../view/environment';

/** Values that `let` gives at the top of the scenario. */
function constantsOf(scenario: Scenario): ReadonlyMap<string, number> {
  const constants = new Map<string, number>();
  for (const item of scenario.items) {
    if (item.kind !== 'let') continue;
    const value = constantOf(item.value, (name) => constants.get(name));
    if (value !== undefined) constants.set(item.name.text, value);
  }
  return constants;
}

class Collector {
  readonly tasks: string[] = [];
  readonly threads = new Set<number>();
  readonly pins: string[] = [];
  readonly barriers: string[] = [];
  readonly variables = new Map<string, VariableName>();

  constructor(readonly problems: ProblemList) {}

  task(name: string, thread: boolean): void {
    if (thread) this.threads.add(this.tasks.length);
    this.tasks.push(name);
  }

  variable(name: Name, kind: VariableName['kind']): void {
    const known = this.variables.get(name.text);
    if (known === undefined) this.variables.set(name.text, { name: name.text, kind });
    else if (known.kind !== kind) {
      const message = `\`${name.text}\` is a ${known.kind} in another process; one name cannot be both in a scenario`;
      this.problems.error('duplicate', message, name.span);
    }
  }

  statement(statement: Statement): void {
    switch (statement.kind) {
      case 'mmap':
        this.variable(statement.name, 'buffer');
        return;
      case 'let':
      case 'let-read':
        this.variable(statement.name, 'value');
        return;
      case 'fork':
      case 'thread':
        this.task(statement.name.text, statement.kind === 'thread');
        return;
      case 'barrier':
        if (!this.barriers.includes(statement.name.text)) this.barriers.push(statement.name.text);
        return;
      case 'pin':
        if (statement.as !== undefined && !this.pins.includes(statement.as.text))
          this.pins.push(statement.as.text);
        return;
      default:
        return;
    }
  }
}

/** Numbers the names of a scenario. A name that is a buffer here and a value there is reported. */
export function collectNames(scenario: Scenario, problems: ProblemList): ProgramNames {
  const collector = new Collector(problems);
  const devices: string[] = [];
  const files: string[] = [];
  for (const item of scenario.items) {
    if (item.kind === 'process') collector.task(item.name.text, false);
    if (item.kind === 'device') devices.push(item.name.text);
    if (item.kind === 'file') files.push(item.name.text);
  }
  eachStatement(scenario, (statement) => collector.statement(statement));
  return {
    tasks: collector.tasks,
    threads: collector.threads,
    devices,
    files,
    pins: ['', ...collector.pins],
    barriers: collector.barriers,
    variables: [...collector.variables.values()],
    constants: constantsOf(scenario),
  };
}

/** Devices that contexts of a scenario run on, in the order of the text. */
export function contextDevices(scenario: Scenario): string[] {
  const found = new Set<string>();
  eachStatement(scenario, (statement) => {
    if (statement.kind === 'thread' && statement.device !== undefined) found.add(statement.device.text);
  });
  return [...found];
}

/** The names with those of more tasks, none of which is a process. */
function withThreads(names: ProgramNames, added: readonly string[]): ProgramNames {
  const numbers = added.map((_, i) => names.tasks.length + i);
  return { ...names, tasks: [...names.tasks, ...added], threads: new Set([...names.threads, ...numbers]) };
}

/** The names with those of the bottom halves of these devices. */
export function withBottomHalves(names: ProgramNames, devices: readonly string[]): ProgramNames {
  return withThreads(names, devices.map(bottomHalfName));
}

/** The names with those of the kernel's workers. */
export function withWorkers(names: ProgramNames, cpus: number, nodes: number): ProgramNames {
  return withThreads(names, workerNames(cpus, nodes));
}
