import * as vscode from 'vscode';
import { type CallbackName, callbackNamed } from '../protocol';

/** The function breakpoints that stop at a callback, whichever of its names they use. */
export function breakpointsOn(callback: CallbackName): vscode.FunctionBreakpoint[] {
  return vscode.debug.breakpoints.filter(
    (breakpoint): breakpoint is vscode.FunctionBreakpoint =>
      breakpoint instanceof vscode.FunctionBreakpoint && callbackNamed(breakpoint.functionName) === callback,
  );
}

const isPlain = ({ condition, hitCondition, logMessage }: vscode.FunctionBreakpoint) =>
  !condition && !hitCondition && !logMessage;

/** What of a breakpoint can be different. */
type Change = Partial<
  Pick<vscode.FunctionBreakpoint, 'enabled' | 'condition' | 'hitCondition' | 'logMessage'>
>;

/** The same breakpoint with something else: the editor's own objects can't be changed. */
function changed(old: vscode.FunctionBreakpoint, change: Change): vscode.FunctionBreakpoint {
  const { enabled, condition, hitCondition, logMessage } = { ...old, ...change };
  return new vscode.FunctionBreakpoint(
    old.functionName,
    enabled,
    condition || undefined,
    hitCondition || undefined,
    logMessage || undefined,
  );
}

function replace(old: readonly vscode.FunctionBreakpoint[], now: readonly vscode.FunctionBreakpoint[]): void {
  if (old.length > 0) vscode.debug.removeBreakpoints(old);
  if (now.length > 0) vscode.debug.addBreakpoints(now);
}

/** Checked: an enabled breakpoint. Unchecked: plain ones go away, one with a condition is only disabled. */
export function setChecked(callback: CallbackName, checked: boolean): void {
  const existing = breakpointsOn(callback);
  if (!checked) {
    const kept = existing.filter((breakpoint) => !isPlain(breakpoint));
    replace(
      existing,
      kept.map((breakpoint) => changed(breakpoint, { enabled: false })),
    );
  } else if (existing.length === 0) {
    vscode.debug.addBreakpoints([new vscode.FunctionBreakpoint(callback)]);
  } else {
    replace(
      existing,
      existing.map((breakpoint) => changed(breakpoint, { enabled: true })),
    );
  }
}

export const isChecked = (callback: CallbackName): boolean =>
  breakpointsOn(callback).some(({ enabled }) => enabled);

/** Changes the first breakpoint of a callback, which is set where there is none. */
export function change(callback: CallbackName, to: Change): void {
  const existing = breakpointsOn(callback);
  const [first = new vscode.FunctionBreakpoint(callback)] = existing;
  replace(existing.slice(0, 1), [changed(first, { enabled: true, ...to })]);
}

/** What of a request to the adapter is completed here. */
interface ToAdapter {
  readonly command?: string;
  readonly arguments?: { readonly breakpoints?: { readonly name: string; logMessage?: string }[] };
}

/** The editor keeps the log message of a function breakpoint and doesn't send it, for DAP has none: it is put in here. */
export function sendLogMessages({ command, arguments: args }: ToAdapter): void {
  if (command !== 'setFunctionBreakpoints') return;
  for (const sent of args?.breakpoints ?? []) {
    const { logMessage } =
      vscode.debug.breakpoints.find(
        (breakpoint): breakpoint is vscode.FunctionBreakpoint =>
          breakpoint instanceof vscode.FunctionBreakpoint && breakpoint.functionName === sent.name,
      ) ?? {};
    if (logMessage) sent.logMessage = logMessage;
  }
}
