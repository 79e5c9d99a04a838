import * as vscode from 'vscode';
import { completeCondition, conditionProblem } from '../language';
import { type CallbackName, type CallbackState, callbackAliases, callbackNames } from '../protocol';
import { breakpointsOn, change, isChecked, setChecked } from './callback-breakpoints';
import { command } from './command';
import { askCondition, type Verdict } from './condition-input';
import type { ScenarioRuns } from './run-scenario';
import type { Sessions } from './session';

const purpose: { readonly [Name in CallbackName]: string } = {
  page_fault: 'The CPU touched a page that lives on a device: the driver must bring it home.',
  page_free: 'The last user of a device page has gone: the driver gets it back.',
  invalidate: 'A range of an address space changes: the driver must drop its mapping of it.',
};

const examples: { readonly [Name in CallbackName]: readonly string[] } = {
  page_fault: ['address in buf[0..4]', 'device == gpu0', 'page.refcount > 2', 'flags & 1 != 0'],
  page_free: ['device == gpu0', 'page.refcount == 1', 'page.pfn == 0x100'],
  invalidate: ['device == gpu0', 'callbacks.invalidate > 10', 'time > 500'],
};

const HITS = /^\s*(>=|<=|==|=|>|<|%)?\s*\d{1,15}\s*$/;

/** What of a callback is told beside its name. */
function describe(callback: CallbackName, state: CallbackState | undefined): string {
  const [, ...later] = callbackAliases[callback];
  const calls = state === undefined ? [] : [`${state.calls} ${state.calls === 1 ? 'call' : 'calls'}`];
  const last = state?.last === undefined ? [] : [`last at ${state.last}`];
  const conditions = breakpointsOn(callback).flatMap(({ condition, hitCondition, logMessage }) => [
    ...(logMessage ? [`logs ${logMessage}`] : []),
    ...(condition ? [`if ${condition}`] : []),
    ...(hitCondition ? [`hits ${hitCondition}`] : []),
  ]);
  const problem = state?.problem === undefined ? [] : [`never stops: ${state.problem}`];
  return [...problem, ...conditions, ...calls, ...last, ...later.map((name) => `also ${name}`)].join(' · ');
}

/** Callbacks: a check box for each, which is a function breakpoint of the Breakpoints view; its calls, and its condition. */
export class CallbacksView implements vscode.TreeDataProvider<CallbackName>, vscode.Disposable {
  private readonly changes = new vscode.EventEmitter<undefined>();
  private readonly view: vscode.TreeView<CallbackName>;
  private readonly disposables: vscode.Disposable[];
  private states = new Map<CallbackName, CallbackState>();
  readonly onDidChangeTreeData = this.changes.event;

  constructor(
    private readonly sessions: Sessions,
    private readonly runs: ScenarioRuns,
  ) {
    this.view = vscode.window.createTreeView('hmm.callbacks', { treeDataProvider: this });
    this.disposables = [
      this.changes,
      this.view,
      this.view.onDidChangeCheckboxState(({ items }) => {
        for (const [callback, state] of items) {
          setChecked(callback, state === vscode.TreeItemCheckboxState.Checked);
        }
      }),
      vscode.debug.onDidChangeBreakpoints(() => this.refresh()),
      sessions.onDidStop(() => this.refresh()),
      sessions.onDidEnd(() => this.refresh()),
      command('hmm.editCallbackCondition', (of?: CallbackName) => this.editCondition(this.chosen(of))),
      command('hmm.editCallbackHits', (of?: CallbackName) => editHits(this.chosen(of))),
      command('hmm.editCallbackMessage', (of?: CallbackName) => this.editMessage(this.chosen(of))),
      command('hmm.seekToLastCall', (of?: CallbackName) => this.seekToLast(this.chosen(of))),
      command('hmm.toggleCallback', async () => {
        const callback = this.chosen(undefined);
        setChecked(callback, !isChecked(callback));
      }),
    ];
  }

  dispose(): void {
    for (const disposable of this.disposables) disposable.dispose();
  }

  getChildren(element?: CallbackName): CallbackName[] {
    return element === undefined ? [...callbackNames] : [];
  }

  getTreeItem(callback: CallbackName): vscode.TreeItem {
    const state = this.states.get(callback);
    const checked = isChecked(callback);
    const { Checked, Unchecked } = vscode.TreeItemCheckboxState;
    const item = new vscode.TreeItem(callback);
    item.id = callback;
    item.description = describe(callback, state);
    item.tooltip = state?.problem ?? purpose[callback];
    item.contextValue = state?.last === undefined ? 'callback' : 'callback called';
    if (state?.problem !== undefined)
      item.iconPath = new vscode.ThemeIcon('warning', new vscode.ThemeColor('list.warningForeground'));
    item.checkboxState = {
      state: checked ? Checked : Unchecked,
      tooltip: checked ? `Don't stop at ${callback}` : `Stop at ${callback}`,
      accessibilityInformation: { label: `Stop at ${callback}`, role: 'checkbox' },
    };
    const stops = checked ? 'stops' : 'does not stop';
    item.accessibilityInformation = { label: `${callback}, ${stops}, ${item.description}` };
    return item;
  }

  /** The callback of a row's button, or the selected one where a key was pressed. */
  private chosen(of: CallbackName | undefined): CallbackName {
    return of ?? this.view.selection[0] ?? callbackNames[0] ?? 'page_fault';
  }

  private async refresh(): Promise<void> {
    this.states = await this.statesNow();
    this.changes.fire(undefined);
  }

  private async statesNow(): Promise<Map<CallbackName, CallbackState>> {
    if (!this.sessions.isStopped) return new Map();
    try {
      const { callbacks } = await this.sessions.request('hmm/callbacks', {});
      return new Map(callbacks.map((state) => [state.name, state]));
    } catch {
      return this.states; // the session went on meanwhile; its next stop asks again
    }
  }

  private async seekToLast(callback: CallbackName): Promise<void> {
    const time = this.states.get(callback)?.last;
    if (time === undefined) throw new Error(`${callback} has not been called before this time.`);
    await this.sessions.request('hmm/seek', { time });
  }

  /** Asks for the condition of a callback's breakpoint and sets it; an empty one stops at every call. */
  private async editCondition(callback: CallbackName): Promise<void> {
    const scenario = await this.runs.text();
    const condition = await askCondition(
      {
        title: `Stop at ${callback} when`,
        examples: examples[callback],
        check: (text) => this.check(callback, scenario, text),
        complete: (text) => completeCondition(scenario, text),
      },
      breakpointsOn(callback)[0]?.condition ?? '',
    );
    if (condition !== undefined) change(callback, { condition });
  }

  /** Asks for the log message of a callback's breakpoint and sets it: each call is told then, and none stops. */
  private async editMessage(callback: CallbackName): Promise<void> {
    const message = await vscode.window.showInputBox({
      title: `Log at ${callback}, and go on`,
      prompt: 'Expressions stand in braces; empty stops instead.',
      placeHolder: '{page.refcount} references at {time}',
      value: breakpointsOn(callback)[0]?.logMessage ?? '',
      validateInput: (text) => this.messageProblem(callback, text),
    });
    if (message !== undefined) change(callback, { logMessage: message.trim() });
  }

  /** What is wrong with a message, as far as a session can tell. */
  private async messageProblem(callback: CallbackName, message: string): Promise<string | undefined> {
    if (this.sessions.active === undefined || message.trim() === '') return undefined;
    return (await this.sessions.request('hmm/checkMessage', { name: callback, message })).problem;
  }

  /** A session knows the locals of the callback too; without one a name may be one of them. */
  private async check(callback: CallbackName, scenario: string, condition: string): Promise<Verdict> {
    if (this.sessions.active !== undefined) {
      const { problem } = await this.sessions.request('hmm/checkCondition', { name: callback, condition });
      return { text: problem ?? 'stops where this holds', accepted: problem === undefined };
    }
    const problem = conditionProblem(scenario, condition);
    if (problem === undefined) return { text: 'stops where this holds', accepted: true };
    const unless = problem.isUnsure ? ', unless the callback has such a local' : '';
    return { text: `${problem.message}${unless}`, accepted: problem.isUnsure };
  }
}

/** Asks for the hit condition of a callback's breakpoint and sets it. */
async function editHits(callback: CallbackName): Promise<void> {
  const hits = await vscode.window.showInputBox({
    title: `Stop at ${callback} by the number of hits`,
    prompt: 'A count of calls for which the condition holds; empty stops at each of them.',
    placeHolder: '5   >5   ==3   %2',
    value: breakpointsOn(callback)[0]?.hitCondition ?? '',
    validateInput: (text) =>
      text.trim() === '' || HITS.test(text) ? undefined : 'Write 5, >5, ==3 or %2 (every second one).',
  });
  if (hits !== undefined) change(callback, { hitCondition: hits.trim() });
}
