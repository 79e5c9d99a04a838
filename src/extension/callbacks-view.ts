import * as vscode from 'vscode';
import { type CallbackName, callbackAliases, callbackNamed, callbackNames } from '../protocol';

/** The function breakpoints that stop at a callback, whichever of its names they use. */
function breakpointsOn(callback: CallbackName): vscode.FunctionBreakpoint[] {
  return vscode.debug.breakpoints.filter(
    (breakpoint): breakpoint is vscode.FunctionBreakpoint =>
      breakpoint instanceof vscode.FunctionBreakpoint && callbackNamed(breakpoint.functionName) === callback,
  );
}

const isPlain = ({ condition, hitCondition }: vscode.FunctionBreakpoint) => !condition && !hitCondition;

/** The same breakpoint with another state or condition: the editor's own objects can't be changed. */
function replacement(
  old: vscode.FunctionBreakpoint,
  enabled: boolean,
  condition = old.condition,
): vscode.FunctionBreakpoint {
  return new vscode.FunctionBreakpoint(old.functionName, enabled, condition || undefined, old.hitCondition);
}

function replace(old: readonly vscode.FunctionBreakpoint[], now: readonly vscode.FunctionBreakpoint[]): void {
  if (old.length > 0) vscode.debug.removeBreakpoints(old);
  if (now.length > 0) vscode.debug.addBreakpoints(now);
}

/** Checked: an enabled breakpoint. Unchecked: plain ones go away, one with a condition is only disabled. */
function setChecked(callback: CallbackName, checked: boolean): void {
  const existing = breakpointsOn(callback);
  if (!checked) {
    const kept = existing.filter((breakpoint) => !isPlain(breakpoint));
    replace(
      existing,
      kept.map((breakpoint) => replacement(breakpoint, false)),
    );
  } else if (existing.length === 0) {
    vscode.debug.addBreakpoints([new vscode.FunctionBreakpoint(callback)]);
  } else {
    replace(
      existing,
      existing.map((breakpoint) => replacement(breakpoint, true)),
    );
  }
}

function describe(callback: CallbackName, existing: readonly vscode.FunctionBreakpoint[]): string {
  const [, ...later] = callbackAliases[callback];
  const names = later.map((name) => `also ${name}`);
  const conditions = existing.flatMap(({ condition, hitCondition }) => [
    ...(condition ? [`if ${condition}`] : []),
    ...(hitCondition ? [`hits ${hitCondition}`] : []),
  ]);
  return [...names, ...conditions].join(' · ');
}

const purpose: { readonly [Name in CallbackName]: string } = {
  page_fault: 'The CPU touched a page that lives on a device: the driver must bring it home.',
  page_free: 'The last user of a device page has gone: the driver gets it back.',
  invalidate: 'A range of an address space changes: the driver must drop its mapping of it.',
};

/** Callbacks: a check box for each, which is a function breakpoint of the Breakpoints view. */
export class CallbacksView implements vscode.TreeDataProvider<CallbackName>, vscode.Disposable {
  private readonly changes = new vscode.EventEmitter<undefined>();
  private readonly disposables: vscode.Disposable[];
  readonly onDidChangeTreeData = this.changes.event;

  constructor() {
    const view = vscode.window.createTreeView('hmm.callbacks', { treeDataProvider: this });
    this.disposables = [
      this.changes,
      view,
      view.onDidChangeCheckboxState(({ items }) => {
        for (const [callback, state] of items) {
          setChecked(callback, state === vscode.TreeItemCheckboxState.Checked);
        }
      }),
      vscode.debug.onDidChangeBreakpoints(() => this.changes.fire(undefined)),
      vscode.commands.registerCommand('hmm.editCallbackCondition', editCondition),
    ];
  }

  dispose(): void {
    for (const disposable of this.disposables) disposable.dispose();
  }

  getChildren(element?: CallbackName): CallbackName[] {
    return element === undefined ? [...callbackNames] : [];
  }

  getTreeItem(callback: CallbackName): vscode.TreeItem {
    const existing = breakpointsOn(callback);
    const checked = existing.some((breakpoint) => breakpoint.enabled);
    const { Checked, Unchecked } = vscode.TreeItemCheckboxState;
    const item = new vscode.TreeItem(callback);
    item.id = callback;
    item.description = describe(callback, existing);
    item.tooltip = purpose[callback];
    item.contextValue = 'callback';
    item.checkboxState = {
      state: checked ? Checked : Unchecked,
      tooltip: checked ? `Don't stop at ${callback}` : `Stop at ${callback}`,
      accessibilityInformation: { label: `Stop at ${callback}`, role: 'checkbox' },
    };
    item.accessibilityInformation = { label: `${callback}, ${checked ? 'stops' : 'does not stop'}` };
    return item;
  }
}

/** Asks for the condition of a callback's breakpoint and sets it; an empty one stops at every call. */
async function editCondition(callback: CallbackName): Promise<void> {
  const existing = breakpointsOn(callback);
  const condition = await vscode.window.showInputBox({
    title: `Stop at ${callback} when`,
    prompt: 'An expression over the machine; empty stops at every call.',
    placeHolder: 'address in buf[0..4]   page.refcount > 2   device == gpu0',
    value: existing[0]?.condition ?? '',
  });
  if (condition === undefined) return;
  const [first = new vscode.FunctionBreakpoint(callback)] = existing;
  replace(existing.slice(0, 1), [replacement(first, true, condition.trim())]);
}
