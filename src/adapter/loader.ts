/** From a scenario's file to something that can be debugged. */

import type { Debuggee } from '../debugger/debuggee';
import { Tally } from '../debugger/tally';
import { brokenSince, Checker, sentence, type Violation } from '../engine/invariants';
import { BootError } from '../engine/kernel/boot';
import { findProfile, PROFILE_NAMES } from '../engine/profiles';
import type { Order } from '../engine/time/schedule';
import { analyseScenario, formatDiagnostic, parseScenario } from '../language';
import type { ScheduleDecl, TopLevel } from '../language/ast';
import { noSuchProfile } from '../language/versions';
import { buildRun, compileScenario, type Program, type Run } from '../program';
import { knowledgeOf } from '../program/driver-words';
import { scheduleOrder } from '../program/layout';
import { causeOf } from '../view/cause';
import { placeOf, processName, type World } from '../view/environment';
import { RequestError } from './errors';
import type { Host } from './host';
import type { Launch } from './protocol';

/** Larger files are no scenarios. */
const MOST_BYTES = 4 * 2 ** 20;
/** Problems of a scenario that are listed. */
const MOST_PROBLEMS = 20;

async function textOf(host: Host, path: string): Promise<string> {
  let bytes: Uint8Array;
  try {
    bytes = await host.readFile(path, MOST_BYTES);
  } catch {
    throw new RequestError(`The scenario ${path} can't be read.`, true);
  }
  if (bytes.length > MOST_BYTES) throw new RequestError(`${path} is too large for a scenario.`, true);
  if (bytes.includes(0)) throw new RequestError(`${path} is not a text file.`, true);
  return new TextDecoder().decode(bytes);
}

function checkProfile(profile: string | undefined): void {
  if (profile === undefined || findProfile(profile) !== undefined) return;
  throw new RequestError(`There ${noSuchProfile(profile, PROFILE_NAMES).slice('there '.length)}.`, true);
}

function checkLivelock(times: number | undefined): void {
  if (times === undefined || times >= 1) return;
  throw new RequestError(`"livelockAfter" takes a whole number of at least 1, not ${times}.`, true);
}

/** Reads and compiles what a launch configuration asks for. Throws RequestError; problems of the text go to `report`. */
export async function load(host: Host, launch: Launch, report: (line: string) => void): Promise<Debuggee> {
  const path = launch.program;
  if (path === '')
    throw new RequestError('The launch configuration names no scenario: set "program" to a .hmm file.', true);
  checkProfile(launch.profile);
  checkLivelock(launch.livelockAfter);
  const text = await textOf(host, path);
  const { program, diagnostics } = compileScenario(
    text,
    path,
    launch.profile === undefined ? {} : { profile: launch.profile },
  );
  const lines = diagnostics.map(formatDiagnostic);
  for (const line of lines.slice(0, MOST_PROBLEMS)) report(line);
  if (!program) {
    const more = lines.length > 1 ? ` (and ${lines.length - 1} more)` : '';
    throw new RequestError(`${lines[0] ?? `${path} can't be run`}${more}`, true);
  }
  try {
    return debuggeeOf(program, launch);
  } catch (error) {
    if (error instanceof BootError) throw new RequestError(`${path}: ${error.message}.`, true);
    throw error;
  }
}

function debuggeeOf(program: Program, launch: Launch): Debuggee {
  const order = launch.schedule === undefined ? undefined : orderNamed(program, launch.schedule);
  const run = buildRun(program, order ? { order } : {});
  if (launch.livelockAfter !== undefined) run.kernel.livelockLimit = launch.livelockAfter;
  return {
    interpreter: run.interpreter,
    schedule: run.schedule,
    world: run.world,
    path: launch.program,
    text: program.text,
    tally: new Tally(run),
    failure: () => run.report.failure?.message(),
    printed: () => run.report.printed(),
    ...(launch.invariants === false ? {} : checks(run)),
  };
}

/** Checks the invariants at every yield, and says what is broken. */
function checks(run: Run): Pick<Debuggee, 'violation' | 'finish'> {
  const checker = new Checker(run.interpreter);
  return {
    violation: (invariant) => {
      const found = checker.told(invariant);
      if (found === undefined) return undefined;
      const { sentence: cause } = causeOf(run.kernel, found);
      return `${sentence(found)}${whereOf(run.world, found)} ${brokenSince(found, run.linked)} ${cause}`;
    },
    finish: () => {
      checker.finish();
    },
  };
}

/** ` This is buf[0] of app.`: the place that a finding is about, in the scenario's words; empty where it has none. */
function whereOf(world: World, { involved: { process, va } }: Violation): string {
  const place = process && va !== undefined ? placeOf(world, process, va) : undefined;
  return process && place !== undefined ? ` This is ${place} of ${processName(world, process)}.` : '';
}

/** A schedule as the launch configuration spells it: `round-robin`, or what a scenario's `schedule` line may say. */
function orderNamed(program: Program, text: string): Order {
  if (text.trim() === 'round-robin') return { kind: 'round-robin' };
  const { scenario, problems } = parseScenario(`schedule ${text}`);
  if (!scenario.items.some(isSchedule) || problems.length > 0 || /[#\n]/.test(text))
    throw new RequestError(
      `The schedule ${text} can't be read: write round-robin, seed N, or tasks in their order, such as A B*3 gpu0.`,
      true,
    );
  const { schedule, problem } = checkedIn(program, text);
  if (!schedule || problem !== undefined)
    throw new RequestError(`The schedule ${text} can't be used: ${problem}.`, true);
  return scheduleOrder(schedule, program.names.tasks, program.names.constants);
}

const isSchedule = (item: TopLevel): item is ScheduleDecl => item.kind === 'schedule';

/** The schedule as the last line of its scenario, in place of the one that stands there; and what is wrong with it. */
function checkedIn({ text, file, scenario, profile, drivers }: Program, schedule: string) {
  let before = text;
  for (const { span } of scenario.items.filter(isSchedule))
    before = before.slice(0, span.start) + ' '.repeat(span.end - span.start) + before.slice(span.end);
  const checked = analyseScenario(`${before}\nschedule ${schedule}`, file, {
    profile: profile.name,
    knowledge: knowledgeOf(drivers),
  });
  const own = checked.scenario.items.filter(isSchedule).at(-1);
  const line = own && checked.lines.position(own.span.start).line;
  const problem = checked.diagnostics.find(
    ({ severity, start }) => severity === 'error' && start.line === line,
  );
  return { schedule: own, problem: problem?.message };
}
