import * as vscode from 'vscode';
import type { Sessions } from './session';

const key = 'hmm.viewsShown';

/** Opens where a stop is read: the call stack with its variables on one side of the editor, the machine on the other. */
const steps: readonly [command: string, argument?: unknown][] = [
  ['workbench.debug.action.focusVariablesView'],
  ['hmm.pageTables.focus', { preserveFocus: true }],
  ['workbench.action.focusActiveEditorGroup'],
];

/**
 * Opens both side bars at the first stop in a workspace, and leaves the focus in the editor. After that the user's own layout
 * stays as it is.
 */
export function showViewsAtFirstStop(sessions: Sessions, state: vscode.Memento): vscode.Disposable {
  return sessions.onDidStop(async () => {
    if (state.get(key) === true) return;
    await state.update(key, true);
    for (const [command, argument] of steps) await vscode.commands.executeCommand(command, argument);
  });
}
