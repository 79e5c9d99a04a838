/** The debug adapter: one session on one connection, whatever carries the messages. */

import type { DebugProtocol as Dap } from '@vscode/debugprotocol';
import type { Breakpoint } from '../debugger/breakpoints';
import type { StopReport } from '../debugger/reports';
import { DebugSession } from '../debugger/session';
import { scenarioLine } from '../debugger/stack';
import type { TaskRow } from '../engine/machine/ids';
import type { Snapshot } from '../engine/machine/store';
import { finish, type Work } from '../engine/time/work';
import { BreakpointBook } from './breakpoint-book';
import { RequestError } from './errors';
import type { Host, Message, Send } from './host';
import { load } from './loader';
import { Output } from './output';
import type { Launch } from './protocol';
import { CAPABILITIES, dispatch } from './router';
import { Runner } from './runner';
import { StopView } from './stop-view';

/** Reports progress of a search backwards only when it takes longer than this. */
const PROGRESS_AFTER_MS = 400;

/** Stops whose sentence is also printed: it says more than a label can. */
const TOLD: ReadonlySet<StopReport['reason']> = new Set(['end', 'step', 'entry']);

/** The label of the thread that stopped, where the reason alone would mislead. */
function descriptionOf({ reason, exception, text, automatic }: StopReport): string | undefined {
  if (automatic) return 'Paused at the first page_fault';
  if (exception) return 'Paused on exception';
  if (reason === 'end') return 'Paused at the end';
  return reason === 'step' && text !== undefined ? "Paused, can't go on" : undefined;
}

export class Adapter {
  readonly runner: Runner;
  readonly breakpoints = new BreakpointBook();
  readonly output: Output;
  /** Said in `initialize`. */
  client: Dap.InitializeRequestArguments | undefined;
  launchArguments: Launch | undefined;
  #session: DebugSession | undefined;
  #view: StopView | undefined;
  /** The state at the stop before the one at hand, and at that one. */
  #previous: Snapshot | undefined;
  #current: Snapshot | undefined;
  #seq = 1;
  #after: (() => void)[] = [];
  #progress: { id: string; since: number; shown: boolean } | undefined;
  #ended = false;

  constructor(
    readonly host: Host,
    readonly send: Send,
    /** Called when the session is over and the connection may go. */
    readonly onClose: () => void,
  ) {
    this.output = new Output((text, category, line) => this.#outputEvent(text, category, line));
    this.runner = new Runner(
      host,
      () => this.#sliced(),
      (error) => this.#failed(error),
    );
  }

  /** What this adapter can do. */
  get capabilities(): Dap.Capabilities {
    return CAPABILITIES;
  }

  /** A message has come. Never throws. */
  receive(message: Message): void {
    if (message.type !== 'request') return;
    void dispatch(this, message as unknown as Dap.Request);
  }

  // ------------------------------------------------------------------------------------------------ messages

  respond(response: Omit<Dap.Response, 'seq' | 'type'>): void {
    this.send({ seq: this.#seq++, type: 'response', ...response });
    const after = this.#after;
    this.#after = [];
    for (const action of after) action();
  }

  event(event: string, body?: object): void {
    this.send({ seq: this.#seq++, type: 'event', event, ...(body ? { body } : {}) });
  }

  /** Does something once the answer to the request at hand has been sent. */
  after(action: () => void): void {
    this.#after.push(action);
  }

  #outputEvent(text: string, category: string, line: number): void {
    const place = line > 0 && this.#session ? { source: this.scenarioSource(), line } : {};
    this.event('output', { category, output: text, ...place });
  }

  scenarioSource(): Dap.Source {
    const path = this.session.debuggee.path;
    return { name: path.replace(/^.*[\\/]/, ''), path };
  }

  // ------------------------------------------------------------------------------------------------ the session

  /** The session; throws where nothing was launched. */
  get session(): DebugSession {
    if (!this.#session) throw new RequestError('No scenario has been launched yet.');
    return this.#session;
  }

  /** The session while it stands still; throws while it runs. */
  get stopped(): DebugSession {
    if (this.runner.isRunning) throw new RequestError('The scenario is running; pause it first.');
    return this.session;
  }

  /** What the editor looks at while the session stands still. */
  get view(): StopView {
    const session = this.stopped;
    this.#view ??= new StopView(session);
    return this.#view;
  }

  /** The state at the stop before, to mark what has changed. */
  get previousStop(): Snapshot | undefined {
    return this.#previous;
  }

  /** Loads the scenario; throws RequestError where it can't be run. */
  async launch(args: Launch): Promise<void> {
    const debuggee = await load(this.host, args, (line) => this.#outputEvent(`${line}\n`, 'stderr', 0));
    this.runner.cancel();
    this.launchArguments = args;
    this.#ended = false;
    this.#view = undefined;
    this.#previous = undefined;
    this.#current = undefined;
    const session = new DebugSession(debuggee);
    session.events = {
      logged: (text) => this.output.line(text, 'console', this.#line(session)),
      breakpointChanged: (breakpoint) => this.breakpointChanged(breakpoint),
    };
    this.#session = session;
    this.breakpoints.apply(session);
  }

  #line(session: DebugSession): number {
    const { world } = session.debuggee;
    return scenarioLine(world, session.map, world.kernel.task);
  }

  breakpointChanged(breakpoint: Breakpoint): void {
    this.event('breakpoint', { reason: 'changed', breakpoint: this.breakpoints.shown(breakpoint) });
  }

  /** Begins to run as the launch configuration says. */
  begin(): void {
    const { session, launchArguments: args } = this;
    if (args?.noDebug === true) {
      session.breakpoints.clear();
      session.exceptions.set([]);
      this.run(session.continue());
      return;
    }
    if (args?.stopOnEntry === true) {
      this.#onStop(session.stand('entry'));
      return;
    }
    this.run(args?.stopAtFirstFault === false ? session.continue() : session.first());
  }

  /** Runs work of the session until it ends; the editor hears of its stop. */
  run(work: Work<StopReport>, backwards = false): void {
    const { session } = this;
    this.output.resumed();
    const id = `search-${session.time}`;
    this.#progress = backwards ? { id, since: this.host.now(), shown: false } : undefined;
    this.runner.start(work, session.engine, (stop) => this.#onStop(stop));
  }

  /**
   * Says that every thread goes on, whatever was asked for: only then does the editor forget where the others stood, and
   * offers to pause what a request of our own has started.
   */
  continued(): void {
    const threadId = this.threadOf(this.session.stopped.task);
    this.event('continued', { threadId, allThreadsContinued: true });
  }

  /** Gives up what is running and stops where the machine stands. */
  pause(): void {
    if (!this.runner.cancel()) return;
    this.#onStop(this.session.stand('pause'));
  }

  // ------------------------------------------------------------------------------------------------ while it runs

  #sliced(): void {
    this.output.drain(this.session.trace);
    const progress = this.#progress;
    if (!progress || this.client?.supportsProgressReporting !== true) return;
    if (!progress.shown && this.host.now() - progress.since > PROGRESS_AFTER_MS) {
      progress.shown = true;
      this.event('progressStart', {
        progressId: progress.id,
        title: 'Searching backwards',
        cancellable: true,
      });
    }
  }

  #endProgress(): void {
    if (this.#progress?.shown) this.event('progressEnd', { progressId: this.#progress.id });
    this.#progress = undefined;
  }

  #failed(error: unknown): void {
    this.#endProgress();
    const text = error instanceof Error ? error.message : String(error);
    this.#outputEvent(`The model has failed at time ${this.session.time}: ${text}\n`, 'stderr', 0);
    finish(this.session.engine.recover());
    this.#onStop(this.session.stand('pause'));
  }

  #onStop(stop: StopReport): void {
    const { session } = this;
    this.#endProgress();
    this.output.drain(session.trace);
    this.output.stopped();
    this.#view?.moved();
    if (stop.reason === 'end' && this.launchArguments?.noDebug === true) {
      this.end(stop.text);
      return;
    }
    if (stop.text !== undefined && (stop.automatic || TOLD.has(stop.reason)))
      this.#outputEvent(`${stop.text}\n`, 'console', 0);
    this.event('stopped', this.#stoppedBody(stop));
    // Only now: the editor is on its way to ask, and what it asks is answered after this.
    this.#previous = this.#current;
    this.#current = session.engine.snapshot();
  }

  #stoppedBody(stop: StopReport): Dap.StoppedEvent['body'] {
    const { exception } = stop;
    const text = exception?.description ?? stop.text;
    const reason = stop.reason === 'end' ? 'pause' : stop.reason;
    const description = descriptionOf(stop);
    return {
      reason,
      threadId: this.threadOf(stop.task),
      allThreadsStopped: true,
      ...(description === undefined ? {} : { description }),
      ...(text === undefined ? {} : { text }),
      ...(stop.breakpoints ? { hitBreakpointIds: [...stop.breakpoints] } : {}),
    };
  }

  /** DAP thread id of a task; 1 where there is none. */
  threadOf(task: TaskRow): number {
    return task === 0 ? 1 : task;
  }

  /** The run is over and the user goes on: the session ends. */
  end(text?: string): void {
    if (this.#ended) return;
    this.#ended = true;
    this.runner.cancel();
    if (text !== undefined) this.#outputEvent(`${text}\n`, 'console', 0);
    this.event('terminated');
  }

  /** Closes the connection once the answer at hand is out. */
  close(): void {
    this.runner.cancel();
    this.after(() => this.onClose());
  }
}
