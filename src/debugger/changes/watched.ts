/** What can be watched for changes: an expression over the machine, and what it comes to at any moment. */

import type { ProcessRow } from '../../engine/machine/ids';
import { type Compiled, EvaluationError, eachExpression, parseExpression } from '../../language';
import { moveTo, type Scene, sceneOf, type World } from '../../view/environment';
import { compileText, type Result } from '../condition';
import { type Reading, readingOf, showReading } from './reading';

/** An expression that is watched. What it reads at two moments is the same where `===` says so. */
export interface Watched {
  /** As it is shown and set again: `gpu0.free`; where several processes could be meant `app: buf[3].page`. */
  readonly text: string;
  read(): Reading;
  show(reading: Reading): string;
}

const fail = (message: string): { ok: false; message: string } => ({ ok: false, message });

/** Things that are what they are for ever; their members change. */
const CONSTANT: ReadonlySet<string> = new Set(['place', 'range', 'buffer', 'zones', 'callbacks']);
/** Things that are the same where a name says which, and not where a page does: `buf[3].page.zone`. */
const NAMED: ReadonlySet<string> = new Set(['zone', 'device', 'process', 'task']);
/** Names whose value is no part of the machine's state. */
const NO_STATE: ReadonlySet<string> = new Set(['time', 'task', 'process', 'profile']);

/** `app: buf[3].page`: whose addresses and buffers are meant, and the expression. */
const OF_PROCESS = /^\s*(?:(\w+):)?\s*(.*)$/s;

/** The name of a process that a text begins with, if any, and the expression. */
export function partsOf(text: string): { process: string | undefined; expression: string } {
  const [, process, expression = ''] = OF_PROCESS.exec(text) ?? [];
  return { process, expression: expression.trim() };
}

/** Indices of the names of processes. */
function processes({ names }: World): number[] {
  return [...names.tasks.keys()].filter((index) => !names.threads.has(index));
}

/** An expression with the process whose names it uses; without it where there is only one. */
export function withProcess(world: World, process: ProcessRow, expression: string): string {
  if (processes(world).length <= 1) return expression;
  return `${world.names.tasks[world.kernel.tasks.name.get(process)]}: ${expression}`;
}

/** Why an expression can't be watched; undefined where it can. */
function problemOf(world: World, text: string, { type, constant }: Compiled<Scene>): string | undefined {
  const { expr } = parseExpression(text);
  const used = new Set<string>();
  if (expr)
    eachExpression(expr, (part) => {
      if (part.kind === 'name') used.add(part.name);
      if (part.kind === 'call') used.add(part.callee.text);
    });
  if (used.has('why')) return 'What `why` tells is no part of the machine.';
  const names = new Set(world.names.constants.keys());
  const stateless = [...used].find((name) => NO_STATE.has(name) && !names.has(name));
  if (stateless !== undefined)
    return `\`${stateless}\` is no part of the machine’s memory; name what is meant.`;
  const isName =
    expr?.kind === 'name' || (expr?.kind === 'member' && expr.object.kind === 'name' && used.has('zone'));
  if (constant !== undefined || (isName && NAMED.has(type.family)) || CONSTANT.has(type.family))
    return `\`${text}\` never changes${type.members ? '; its members do' : ''}.`;
  return undefined;
}

/** The process that is meant, by its name; without a name the first of the scenario. */
function processNamed(world: World, name: string | undefined): Result<() => ProcessRow> {
  const known = processes(world);
  const index = name === undefined ? known[0] : known.find((at) => world.names.tasks[at] === name);
  if (name !== undefined && index === undefined) return fail(`There is no process ${name}.`);
  const { tasks } = world.kernel;
  let row = 0;
  const isIt = (at: number): boolean => tasks.processes.isLive(at) && tasks.name.get(at) === index;
  const find = (): ProcessRow => {
    if (row !== 0 && isIt(row)) return row as ProcessRow;
    row = tasks.processes.after(0);
    while (row !== 0 && !isIt(row)) row = tasks.processes.after(row);
    return row as ProcessRow;
  };
  return { ok: true, value: find };
}

/** Makes an expression ready to be watched, or says in a sentence why it can't be. */
export function watched(world: World, text: string): Result<Watched> {
  const { process: name, expression } = partsOf(text);
  if (expression === '') return fail('There is nothing to watch.');
  const compiled = compileText(world, expression, undefined);
  if (!compiled.ok) return compiled;
  const process = processNamed(world, name);
  if (!process.ok) return process;
  const problem = problemOf(world, expression, compiled.value);
  if (problem !== undefined) return fail(problem);
  const { type, evaluate } = compiled.value;
  const scene = sceneOf(world);
  const here = (): Scene => {
    moveTo(scene, 0 as Scene['task'], 0);
    scene.process = process.value();
    return scene;
  };
  const read = (): Reading => {
    try {
      return readingOf(evaluate(here()), type, scene);
    } catch (error) {
      // What can't be looked at, such as a page outside its buffer, is not there.
      if (error instanceof EvaluationError) return undefined;
      throw error;
    }
  };
  return {
    ok: true,
    value: { text: text.trim(), read, show: (reading) => showReading(reading, type, here()) },
  };
}
