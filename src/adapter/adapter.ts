/** The debug adapter: one session on one connection, whatever carries the messages. */

import type { DebugProtocol as Dap } from '@vscode/debugprotocol';
import type { Breakpoint } from '../debugger/breakpoints';
import { outcomeOf } from '../debugger/outcome';
import type { StopReport } from '../debugger/reports';
import { DebugSession } from '../debugger/session';
import { scenarioLine } from '../debugger/stack';
import type { TaskRow } from '../engine/machine/ids';
import type { Snapshot } from '../engine/machine/store';
import { finish, type Work } from '../engine/time/work';
import { didYouMean } from '../language';
import { harmless } from '../language/characters';
import { hasFailed } from '../protocol';
import { EngineDefect } from '../view/cause';
import { DETECTED } from '../view/waits';
import { BreakpointBook, shownBreakpoint } from './breakpoint-book';
import { ConsoleLog } from './console';
import { Dialect } from './dialect';
import { RequestError } from './errors';
import type { Host } from './host';
import { load } from './loader';
import { outcomeTexts } from './outcome';
import { Output } from './output';
import { type Direction, Progress } from './progress';
import type { Launch } from './protocol';
import { CAPABILITIES, REQUESTS } from './registry';
import type { Control, Stopped } from './request';
import { Runner } from './runner';
import { RequestServer } from './server';
import { Sources } from './sources';
import { StopView } from './stop-view';
import { argumentProblem } from './validate';

/** Stops whose sentence is also printed: it says more than a label can. */
const TOLD: ReadonlySet<StopReport['reason']> = new Set(['end', 'step', 'entry', 'data breakpoint']);

/** Times of one text that get a line that leads there. */
const MOST_LINKS = 10;

/** Requests that give up a long answer. */
const GIVE_UP: ReadonlySet<string> = new Set(['pause', 'cancel', 'terminate', 'disconnect', 'restart']);

/** The label of the thread that stopped, where the reason alone would mislead. */
function descriptionOf({ reason, exception, text, automatic }: StopReport): string | undefined {
  if (automatic) return 'First page_fault';
  if (exception) return 'Paused on exception';
  if (reason === 'goto') return 'Paused';
  if (reason === 'end') return 'Paused at the end';
  return reason === 'step' && text !== undefined ? "Paused, can't go on" : undefined;
}

/** DAP thread id of a task; 1 where there is none. */
const threadOf = (task: TaskRow): number => (task === 0 ? 1 : task);

/** A scenario that was launched, and what belongs to its session. */
interface Current {
  readonly session: DebugSession;
  readonly sources: Sources;
  readonly launch: Launch;
  view: StopView | undefined;
  /** The state at the stop before the one at hand, and at that one. */
  previous: Snapshot | undefined;
  snapshot: Snapshot | undefined;
  begun: boolean;
  ended: boolean;
}

export class Adapter extends RequestServer implements Control, Stopped {
  readonly breakpoints = new BreakpointBook();
  dialect: Dialect;
  readonly #output: Output;
  readonly #console = new ConsoleLog((output) => this.event('output', output));
  readonly #runner: Runner;
  #current: Current | undefined;
  readonly #progress: Progress;
  #direction: Direction = 'forwards';
  /** The answer to a request is being worked out. */
  #asked = false;
  /** Requests that give up a long answer and have not had their turn. */
  #urgent = 0;

  constructor(
    readonly host: Host,
    /** Called when the session is over and the connection may go. */
    readonly onClose: () => void,
  ) {
    super();
    this.dialect = new Dialect(host.paths);
    this.#output = new Output((text, category, line, time) => this.#print(text, category, line, time, time));
    this.#progress = new Progress({
      event: (name, body) => this.event(name, body),
      now: () => host.now(),
      shows: () => this.dialect.client.supportsProgressReporting === true,
    });
    this.#runner = new Runner(
      host,
      () => this.#sliced(),
      (error) => this.#failed(error),
    );
  }

  get capabilities(): Dap.Capabilities {
    return CAPABILITIES;
  }

  protected override async perform(command: string, args: unknown): Promise<unknown> {
    if (GIVE_UP.has(command)) this.#urgent--;
    const request = REQUESTS.get(command);
    if (!request)
      throw new RequestError(`There is no request ${command}${didYouMean(command, REQUESTS.keys())}.`);
    const problem = argumentProblem(request, args);
    if (problem !== undefined) throw new RequestError(problem, command === 'launch');
    if (request.needs !== 'anything' && !this.#current)
      throw new RequestError('No scenario has been launched yet.');
    if (request.needs === 'stopped' && this.#runner.isRunning)
      throw new RequestError('The scenario is running; pause it first.');
    return request.handle(this, args);
  }

  /** `time`: where a click on the line leads; `said`: the time that the line tells of, where it is not now. */
  #print(text: string, category: string, line = 0, time = 0, said = 0): void {
    const current = this.#current;
    const place =
      line > 0 && current ? { source: current.sources.moment(time), line: this.dialect.toLine(line) } : {};
    this.#say({ category, output: harmless(text), ...place }, said);
  }

  #say(output: Dap.OutputEvent['body'], said = 0): void {
    this.#console.say(output, said > 0 ? said : (this.#current?.session.time ?? -1));
  }

  asked(question: string, answer: string): void {
    this.#console.asked(harmless(question), harmless(answer), this.session.time);
  }

  /** What the client has been told of what lies ahead again. */
  #tellOfWayBack(time: number): void {
    const { hasExtension, client } = this.dialect;
    if (hasExtension && client.supportsANSIStyling === true) this.#console.goBack(time);
    else
      this.#print(`Back at time ${time}: what is told above of later times lies ahead again.\n`, 'console');
  }

  linkTimes(text: string): void {
    if (!this.dialect.hasExtension) return;
    const times = new Set([...text.matchAll(/\b(?:step|time) (\d+)/g)].map(([, digits]) => Number(digits)));
    for (const time of [...times].slice(0, MOST_LINKS))
      if (time > 0 && time < this.session.engine.frontier)
        this.#print(`    go to time ${time}\n`, 'console', 1, time);
  }

  tell(lines: readonly { readonly text: string; readonly line: number; readonly time: number }[]): void {
    this.after(() => {
      for (const { text, line, time } of lines) this.#print(`${text}\n`, 'console', line || 1, time);
    });
  }

  // ------------------------------------------------------------------------------------------------ the session

  get #launched(): Current {
    if (!this.#current) throw new RequestError('No scenario has been launched yet.');
    return this.#current;
  }

  get session(): DebugSession {
    return this.#launched.session;
  }

  get sources(): Sources {
    return this.#launched.sources;
  }

  /** What the client looks at while the session stands still. */
  get view(): StopView {
    const current = this.#launched;
    current.view ??= new StopView(current.session);
    return current.view;
  }

  get previousStop(): Snapshot | undefined {
    return this.#launched.previous;
  }

  greet(client: Dap.InitializeRequestArguments): void {
    this.dialect = new Dialect(this.host.paths, client);
  }

  async launch(args: Launch): Promise<void> {
    const launch = { ...args, program: this.dialect.fromPath(args.program) };
    const debuggee = await load(this.host, launch, (line) => this.#print(`${line}\n`, 'stderr'));
    this.#runner.cancel();
    const session = new DebugSession(debuggee);
    session.events = {
      logged: (text) => {
        // What happened before it is told before it.
        this.#output.drain(session.trace);
        this.#output.line(text, 'console', this.#line(session), session.time);
      },
      breakpointChanged: (breakpoint) => this.#breakpointChanged(breakpoint),
      refused: (text) => this.#print(`${text}\n`, 'stderr'),
    };
    const sources = new Sources(session, this.dialect, this.host.listings);
    const fresh = { view: undefined, previous: undefined, snapshot: undefined, begun: false, ended: false };
    this.#current = { session, sources, launch: args, ...fresh };
    await this.breakpoints.apply(this.#current);
  }

  async relaunch(args: Launch | undefined): Promise<void> {
    this.#runner.cancel();
    this.#console.forget();
    await this.launch(args ?? this.#launched.launch);
  }

  ready(): void {
    this.event('initialized');
  }

  #line({ debuggee: { world }, map }: DebugSession): number {
    return scenarioLine(world, map, world.kernel.task);
  }

  #breakpointChanged(breakpoint: Breakpoint): void {
    this.event('breakpoint', { reason: 'changed', breakpoint: shownBreakpoint(breakpoint, this.dialect) });
  }

  begin(): void {
    const current = this.#launched;
    const { session, launch } = current;
    if (current.begun) return;
    current.begun = true;
    if (launch.noDebug === true) {
      session.breakpoints.clear();
      session.exceptions.set(DETECTED.map((id) => ({ id })));
      this.#run(session.continue());
      return;
    }
    if (launch.stopOnEntry === true) {
      this.#onStop(session.stand('entry'));
      return;
    }
    this.#run(launch.stopAtFirstFault === false ? session.continue() : session.first());
  }

  go(work: Work<StopReport>, direction: Direction = 'forwards'): undefined {
    this.after(() => {
      // Whatever was asked for: only then does the client forget where the other threads stood, and offers to pause.
      const threadId = threadOf(this.session.stopped.task);
      this.event('continued', { threadId, allThreadsContinued: true });
      this.#run(work, direction);
    });
  }

  /** Runs work of the session until it ends; the client hears of its stop. */
  #run(work: Work<StopReport>, direction: Direction = 'forwards'): void {
    const { session } = this;
    this.#output.resumed();
    this.#direction = direction;
    this.#progress.begin(session.time);
    this.#runner.start(work, session.engine, { done: (stop) => this.#onStop(stop) });
  }

  ask<T>(work: Work<T>): Promise<T> {
    const { session } = this;
    this.#direction = 'again';
    this.#progress.begin(session.time);
    const asked = new Promise<T>((resolve, reject) => {
      const givenUp = (): void => reject(new RequestError('This was given up.'));
      if (this.#urgent > 0) return givenUp();
      this.#asked = true;
      this.#runner.start(work, session.engine, { done: resolve, givenUp });
    });
    return asked.finally(() => {
      this.#asked = false;
      this.#progress.end();
    });
  }

  /** What comes while a long answer is worked out, or before it is begun, has its turn after it, but ends it. */
  protected override arrived(command: string): void {
    if (!GIVE_UP.has(command)) return;
    this.#urgent++;
    if (this.#asked) this.#runner.cancel();
  }

  pause(): void {
    if (this.#runner.cancel()) this.#onStop(this.session.stand('pause'));
  }

  // ------------------------------------------------------------------------------------------------ while it runs

  #sliced(): void {
    const { session } = this;
    this.#output.drain(session.trace);
    this.#progress.tick(this.#direction, () => ({ time: session.time, line: this.#line(session) }));
  }

  #failed(error: unknown): void {
    this.#progress.end();
    this.#print(`${new EngineDefect(this.session.time, error).message}\n`, 'stderr');
    finish(this.session.engine.recover());
    this.#onStop(this.session.stand('pause'));
  }

  #onStop(stop: StopReport): void {
    const current = this.#launched;
    const { session } = current;
    this.#progress.end();
    this.#output.drain(session.trace);
    this.#output.stopped();
    if (this.#direction === 'backwards' && session.trace.wentBack(session.time))
      this.#tellOfWayBack(session.time);
    current.view?.moved();
    if (current.launch.noDebug === true && stop.reason !== 'pause') {
      this.#endWithoutDebugging(current, stop);
      return;
    }
    this.linkTimes(stop.exception?.description ?? '');
    if (stop.text !== undefined && (stop.automatic || TOLD.has(stop.reason)))
      this.#print(`${stop.text}\n`, 'console');
    if (stop.reason === 'end')
      this.#tellOutcome(current, session.engine.ending === 'end' ? undefined : stop.text);
    // After what is sent in this go has left, and before anything is asked: the client doesn't wait for it.
    queueMicrotask(() => {
      current.previous = current.snapshot;
      current.snapshot = session.engine.snapshot();
    });
    this.event('stopped', this.#stoppedBody(stop));
  }

  #stoppedBody(stop: StopReport): Dap.StoppedEvent['body'] {
    const { exception } = stop;
    const text = exception?.description ?? stop.text;
    const reason = stop.reason === 'end' ? 'pause' : stop.reason;
    const description = descriptionOf(stop);
    return {
      reason,
      threadId: threadOf(stop.task),
      allThreadsStopped: true,
      ...(description === undefined ? {} : { description }),
      ...(text === undefined ? {} : { text }),
      ...(stop.breakpoints ? { hitBreakpointIds: [...stop.breakpoints] } : {}),
    };
  }

  // ------------------------------------------------------------------------------------------------ the end

  /** Says what the run came to, with the words and counts of the command line; whether it failed. */
  #tellOutcome({ session }: Current, problem: string | undefined): boolean {
    const { tally } = session.debuggee;
    if (!tally) return problem !== undefined;
    const outcome = outcomeOf(tally, problem);
    for (const { text, tone, line, time } of outcomeTexts(outcome)) {
      if (tone === 'bad') this.#print(`${text}\n`, 'stderr', line, time);
      else if (tone === 'note') this.#print(`${text}\n`, 'console');
      else this.#say({ category: 'stdout', output: `${this.#green(text)}\n` });
    }
    this.event('hmm/outcome', outcome);
    return hasFailed(outcome);
  }

  /** In green, where the client has colours. */
  #green(text: string): string {
    return this.dialect.client.supportsANSIStyling === true ? `\u001b[32m${text}\u001b[0m` : text;
  }

  /** Where no one looks: what the run came to, and the command line's exit code. */
  #endWithoutDebugging(current: Current, { text, exception }: StopReport): void {
    if (text !== undefined) this.#print(`${text}\n`, 'console');
    const ended = exception === undefined && current.session.engine.ending !== 'deadlock';
    const failed = this.#tellOutcome(current, ended ? undefined : (exception?.description ?? text));
    this.event('exited', { exitCode: failed ? 1 : 0 });
    this.end();
  }

  finish(): undefined {
    this.after(() => this.end());
  }

  end(): void {
    if (!this.#current || this.#current.ended) return;
    this.#current.ended = true;
    this.#runner.cancel();
    this.event('terminated');
  }

  close(): void {
    this.#runner.cancel();
    this.after(() => this.onClose());
  }

  /** The client has gone. */
  stopRunning(): void {
    this.#runner.cancel();
  }
}
