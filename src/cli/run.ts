/** `hmm-trace run`: runs scenarios to their end and says what happened. */

import { standstill } from '../debugger/reports';
import { Tally } from '../debugger/tally';
import { passedOver } from '../debugger/who-runs';
import { BootError } from '../engine/kernel/boot';
import { PROFILE_NAMES } from '../engine/profiles';
import { allOf } from '../language/suggest';
import { buildRun, type Program } from '../program';
import { EngineDefect } from '../view/cause';
import { type Arguments, countOption, profileOption, readArguments } from './arguments';
import { type Command, Exit, type ExitCode, type Io, UsageError } from './command';
import { FileError } from './files';
import { JsonLog } from './json';
import { Log } from './log';
import { Looks } from './looks';
import { type Ran, whereTheyPart } from './part';
import { compileFiles } from './sources';
import { summary } from './summary';
import { toTheEnd } from './to-the-end';
import { TraceFile } from './trace-file';
import { Watch } from './watch';
import { LEVELS, type Level } from './words';

const MOST_STEPS = 100_000_000;
const MOST_LINES = 10_000;
/** Repetitions of one fault that make a livelock. */
const LIVELOCK = 1000;
/** Entries of a schedule that are said to be passed over. */
const MOST_PASSED = 10;
/** How a run that Ctrl-C ended is reported to the shell: 128 + SIGINT. */
const INTERRUPTED = 130;

interface RunSettings {
  readonly json: boolean;
  readonly level: Level;
  readonly mostSteps: number;
  readonly mostLines: number;
  readonly livelock: number;
  /** The invariants are checked at every yield. */
  readonly invariants: boolean;
  /** The file that gets the run as a trace. */
  readonly trace: string | undefined;
}

function settingsOf({ text, flag }: Arguments): RunSettings {
  const level = text('level') ?? 'events';
  if (!(LEVELS as readonly string[]).includes(level))
    throw new UsageError(`--level is ${allOf([...LEVELS])}, not \`${level}\``);
  return {
    json: flag('json'),
    invariants: !flag('no-invariants'),
    level: level as Level,
    mostSteps: countOption('max-steps', text('max-steps'), MOST_STEPS),
    mostLines: countOption('max-lines', text('max-lines'), MOST_LINES),
    livelock: countOption('livelock', text('livelock'), LIVELOCK),
    trace: text('trace-out'),
  };
}

/** Runs one program; Ctrl-C ends it. `kept` gets what its statements come to. */
async function runProgram(program: Program, settings: RunSettings, io: Io, kept?: Ran[]): Promise<ExitCode> {
  const run = buildRun(program);
  const looks = kept === undefined ? undefined : new Looks(run);
  if (looks !== undefined) kept?.push({ profile: program.profile.name, looks });
  run.kernel.livelockLimit = settings.livelock;
  const tally = new Tally(run);
  const log = settings.json
    ? new JsonLog(run, settings.level === 'all', io.out)
    : new Log(run, settings.level, settings.mostLines, io.out);
  const trace = settings.trace === undefined ? undefined : new TraceFile(run.world, settings.trace);
  run.kernel.events.observer = (task, name, leave, args) => {
    log.see(task, name, leave, args);
    trace?.see(task, name, leave, args);
    tally.see(task, name, args);
    if (!leave) looks?.see(task, name, args);
    if (tally.stuck !== undefined) run.interpreter.interrupt();
  };
  let passed = 0;
  run.schedule.onPassedOver = (name) => {
    if (passed++ < MOST_PASSED) io.error(`${program.file}: ${passedOver(run, name)}\n`);
  };
  const watch = settings.invariants ? new Watch(run, (id, text) => log.broken(id, text)) : undefined;
  if (!settings.json) io.out(`${program.file} under ${program.profile.title}\n`);
  let stopped = false;
  const release = io.onInterrupt(() => {
    stopped = true;
  });
  const ending = await toTheEnd(run, tally, watch, settings.mostSteps, () => stopped);
  release();
  if (ending === 'end' || ending === 'deadlock') watch?.finish();
  log.end();
  trace?.end();
  const why = tally.stuck ?? (ending === 'deadlock' ? standstill(run.world).text : undefined);
  const { text, failed } = summary(run, tally, { ending, why, json: settings.json, watch });
  io.out(text);
  if (ending === 'interrupted') return INTERRUPTED;
  return failed ? Exit.Failed : Exit.Ok;
}

async function tryProgram(program: Program, settings: RunSettings, io: Io, kept?: Ran[]): Promise<ExitCode> {
  try {
    return await runProgram(program, settings, io, kept);
  } catch (error) {
    if (error instanceof FileError) io.error(`${error.message}\n`);
    else if (error instanceof BootError) io.error(`${program.file}: ${error.message}\n`);
    else if (error instanceof EngineDefect) io.error(`${program.file}: ${error.message}\n`);
    else throw error;
    return Exit.Bad;
  }
}

/** What `--profile` takes for every kernel, one after the other. */
const ALL = 'all';

/** Runs the file under every profile that has what it uses, and says where each two that follow each other part. */
async function compareKernels(file: string, settings: RunSettings, io: Io): Promise<ExitCode> {
  const kept: Ran[] = [];
  let worst: ExitCode = Exit.Ok;
  let found = '';
  for (const profile of PROFILE_NAMES) {
    found = '';
    const [program] =
      compileFiles([file], { profile }, io, (text) => {
        found += text;
      }) ?? [];
    if (program === undefined) {
      io.error(`${file} is not run under ${profile}: ${found}`);
      continue;
    }
    const code = await tryProgram(program, settings, io, kept);
    worst = Math.max(worst, code);
    if (code === INTERRUPTED) return code;
  }
  for (const [i, ran] of kept.slice(1).entries()) io.out(`${whereTheyPart(file, kept[i] ?? ran, ran)}\n`);
  return kept.length === 0 ? Exit.Bad : worst;
}

async function everyKernel(files: readonly string[], settings: RunSettings, io: Io): Promise<ExitCode> {
  if (settings.json || settings.trace !== undefined)
    throw new UsageError('--profile all says where kernels part; --json and --trace-out take one kernel');
  let worst: ExitCode = Exit.Ok;
  for (const file of files) {
    const code = await compareKernels(file, { ...settings, level: 'quiet' }, io);
    worst = Math.max(worst, code);
    if (code === INTERRUPTED) break;
  }
  return worst;
}

export const run: Command = {
  usage: [
    'hmm-trace run FILE… [--profile VERSION|all] [--json] [--level quiet|statements|events|all]',
    '              [--max-steps N] [--max-lines N] [--livelock N] [--no-invariants]',
    '              [--trace-out FILE]',
    '',
    '--profile all runs each scenario under every kernel and says at which statement two that follow each other part.',
    '--trace-out writes the run of one scenario in the trace event format of Chrome and Perfetto; a step is a microsecond.',
    "Exit code 0: all expectations held; 1: one failed, or an invariant broke; 2: a scenario has errors, and nothing ran, or the output can't be written.",
    "An output that is closed before the start (>&-) can't be told from /dev/null, which Node opens in its place.",
  ].join('\n'),
  main: async (args, io) => {
    const parsed = readArguments(args, {
      profile: { type: 'string' },
      json: { type: 'boolean' },
      'no-invariants': { type: 'boolean' },
      level: { type: 'string' },
      'max-steps': { type: 'string' },
      'max-lines': { type: 'string' },
      livelock: { type: 'string' },
      'trace-out': { type: 'string' },
    });
    const settings = settingsOf(parsed);
    if (settings.trace !== undefined && parsed.files.length > 1)
      throw new UsageError('--trace-out takes the run of one scenario');
    if (parsed.text('profile') === ALL) return everyKernel(parsed.files, settings, io);
    const programs = compileFiles(parsed.files, profileOption(parsed.text('profile')), io, io.error);
    if (programs === undefined) return Exit.Bad;
    let worst: ExitCode = Exit.Ok;
    for (const program of programs) {
      const code = await tryProgram(program, settings, io);
      worst = Math.max(worst, code);
      if (code === INTERRUPTED) break;
    }
    return worst;
  },
};
