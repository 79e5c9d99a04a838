/** A request of the protocol: what it makes true of the adapter, when it may be asked, and who answers it. */

import type { DebugProtocol as Dap } from '@vscode/debugprotocol';
import type { StopReport } from '../debugger/reports';
import type { DebugSession } from '../debugger/session';
import type { Snapshot } from '../engine/machine/store';
import type { Work } from '../engine/time/work';
import type { ArgumentCheck } from './arguments';
import type { BreakpointBook } from './breakpoint-book';
import type { Dialect } from './dialect';
import type { Args, Launch, RequestName, Result } from './protocol';
import type { Sources } from './sources';
import type { StopView } from './stop-view';
import { argumentCheck } from './validate';

/** What every handler may use. */
interface Connection {
  /** Does something once the answer to the request at hand has been sent. */
  after(action: () => void): void;
}

/** The beginning and the end of a session. */
export interface Control extends Connection {
  readonly capabilities: Dap.Capabilities;
  /** Takes down who asks, as `initialize` says. */
  greet(client: Dap.InitializeRequestArguments): void;
  /** Loads a scenario; throws RequestError where it can't be run. */
  launch(args: Launch): Promise<void>;
  /** Loads the scenario that was launched last again, or another one. */
  relaunch(args: Launch | undefined): Promise<void>;
  /** Says that breakpoints can be set. */
  ready(): void;
  /** Begins to run as the launch configuration says, unless that has been done. */
  begin(): void;
  /** Gives up what is running and stops where the machine stands; nothing where nothing runs. */
  pause(): void;
  /** The run is over and the user goes on: the session ends. */
  end(): void;
  /** Closes the connection once the answer at hand is out. */
  close(): void;
}

/** A scenario has been launched; it may be running. */
interface Launched extends Connection {
  readonly session: DebugSession;
  readonly breakpoints: BreakpointBook;
  readonly sources: Sources;
  readonly dialect: Dialect;
  /** The state at the stop before, to mark what has changed. */
  readonly previousStop: Snapshot | undefined;
}

/** The session stands still. */
export interface Stopped extends Launched {
  readonly view: StopView;
  /** Moves in time once the answer is out; the `stopped` event follows. */
  go(work: Work<StopReport>, direction?: 'forwards' | 'backwards'): undefined;
  /** Prints a line that leads there for each time that a text names: `since step 341`, `at time 537`. */
  linkTimes(text: string): void;
  /** Prints lines, each of which leads to its time, once the answer is out. */
  tell(lines: readonly { readonly text: string; readonly line: number; readonly time: number }[]): void;
  /** The user has asked this in the console, and has been answered. */
  asked(question: string, answer: string): void;
  /** Does long work for the answer, in slices; rejects with RequestError where the client gives it up. */
  ask<T>(work: Work<T>): Promise<T>;
  /** The run is over and the user goes on: the session ends once the answer is out. */
  finish(): undefined;
}

/** What a request needs of the session, and what its handler gets. */
export interface Contexts {
  anything: Control;
  launched: Launched;
  stopped: Stopped;
}
export type Precondition = keyof Contexts;

/** A request as the adapter finds it by its name. Its arguments have been checked by the schema of that name. */
export interface Request {
  readonly name: RequestName;
  readonly needs: Precondition;
  readonly capabilities: Dap.Capabilities;
  readonly check: ArgumentCheck | undefined;
  /** Called by a context of what it needs. */
  readonly handle: (context: Control & Stopped, args: unknown) => unknown;
}

/** Declares a request. */
export function request<Name extends RequestName, Needs extends Precondition>(
  name: Name,
  { needs, capabilities = {} }: { readonly needs: Needs; readonly capabilities?: Dap.Capabilities },
  handle: (context: Contexts[Needs], args: Args<Name>) => Result<Name> | Promise<Result<Name>>,
): Request {
  return {
    name,
    needs,
    capabilities,
    check: argumentCheck(name),
    handle: (context, args) => handle(context, args as Args<Name>),
  };
}
