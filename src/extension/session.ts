import * as vscode from 'vscode';
import type { HmmArguments, HmmRequestName, HmmResult, RunningState, RunOutcome } from '../protocol';
import { sendLogMessages } from './callback-breakpoints';

/** The debug type this extension contributes. */
export const debugType = 'hmm';
/** The language id of scenarios. */
export const language = 'hmm';

/** The frame in focus, whose names an expression may use. */
export function frameInFocus(): { frameId?: number } {
  const item = vscode.debug.activeStackItem;
  return item instanceof vscode.DebugStackFrame ? { frameId: item.frameId } : {};
}

/** What the views and commands need to know about the debug protocol's events. */
interface ProtocolEvent {
  type: string;
  event?: string;
  body?: { threadId?: number } & RunOutcome & RunningState;
}

/** Follows the active session of our type and asks its adapter the custom requests. */
export class Sessions implements vscode.Disposable {
  private readonly stops = new vscode.EventEmitter<void>();
  private readonly ends = new vscode.EventEmitter<void>();
  private readonly outcomes = new vscode.EventEmitter<RunOutcome>();
  private readonly running = new vscode.EventEmitter<RunningState>();
  private readonly stopped = new Map<string, number | undefined>();
  /** The ids of all sessions that have ended. */
  private readonly ended = new Set<string>();
  private readonly disposables: vscode.Disposable[];

  /** Fires once for each stop of the active session, and when another stopped session becomes active. */
  readonly onDidStop = this.stops.event;
  /** Fires when no session of our type is left to show. */
  readonly onDidEnd = this.ends.event;
  /** Fires where a run ends, with what it came to; the session may go on from there. */
  readonly onDidEndRun = this.outcomes.event;

  /** Fires now and then while a run of the active session takes long. */
  readonly onDidRun = this.running.event;

  constructor() {
    this.disposables = [
      this.running,
      this.stops,
      this.ends,
      this.outcomes,
      vscode.debug.registerDebugAdapterTrackerFactory(debugType, {
        createDebugAdapterTracker: (session) => ({
          onWillReceiveMessage: sendLogMessages,
          onDidSendMessage: (message: ProtocolEvent) => this.follow(session, message),
        }),
      }),
      vscode.debug.onDidTerminateDebugSession((session) => this.forget(session)),
      vscode.debug.onDidChangeActiveDebugSession(() => {
        if (this.isStopped) this.stops.fire();
      }),
    ];
  }

  dispose(): void {
    for (const disposable of this.disposables) disposable.dispose();
  }

  /** The active session, if it is one of ours. */
  get active(): vscode.DebugSession | undefined {
    const session = vscode.debug.activeDebugSession;
    return session?.type === debugType ? session : undefined;
  }

  /** True when the active session can be asked about its state. */
  get isStopped(): boolean {
    return this.active !== undefined && this.stopped.has(this.active.id);
  }

  /** The thread selected in Call Stack, otherwise the one that stopped. */
  get threadId(): number | undefined {
    const session = this.active;
    if (session === undefined) return undefined;
    const item = vscode.debug.activeStackItem;
    return item?.session.id === session.id ? item.threadId : this.stopped.get(session.id);
  }

  /** The same; throws where nothing is stopped. */
  needThread(): number {
    const { threadId } = this;
    if (threadId === undefined) throw new Error('The scenario must be stopped for this.');
    return threadId;
  }

  /** DAP's own `next` for one thread while no other one runs: the editor has no button for that. */
  async stepAlone(threadId: number): Promise<void> {
    await this.active?.customRequest('next', { threadId, singleThread: true });
  }

  /** Asks the active session; rejects with the adapter's sentence, or when there is no session. */
  async request<Name extends HmmRequestName>(name: Name, args: HmmArguments<Name>): Promise<HmmResult<Name>> {
    if (this.active === undefined) throw new Error('No scenario is being debugged.');
    return (await this.active.customRequest(name, args)) as HmmResult<Name>;
  }

  private follow(session: vscode.DebugSession, message: ProtocolEvent): void {
    if (message.type !== 'event') return;
    if (message.event === 'hmm/outcome' && message.body !== undefined) this.outcomes.fire(message.body);
    if (message.event === 'hmm/running' && message.body !== undefined && session.id === this.active?.id)
      this.running.fire(message.body);
    if (message.event === 'stopped') {
      this.stopped.set(session.id, message.body?.threadId);
      const { active } = this;
      if (active !== undefined && this.ended.has(active.id)) void this.leaveEnded();
      else if (active === undefined || active.id === session.id) this.stops.fire();
    } else if (message.event === 'continued') {
      this.stopped.delete(session.id);
    }
  }

  /**
   * Makes a session that lives the active one. Where a session ends while the editor still opens the listing of its
   * stop, the editor makes it active once more afterwards, and then shows the stops of no later one.
   */
  private async leaveEnded(): Promise<void> {
    await vscode.commands.executeCommand('workbench.action.debug.nextConsole');
  }

  private forget(session: vscode.DebugSession): void {
    if (session.type !== debugType) return;
    this.stopped.delete(session.id);
    this.ended.add(session.id);
    if (this.stopped.size === 0) this.ends.fire();
  }
}
