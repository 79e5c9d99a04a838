import * as vscode from 'vscode';
import type { Sessions } from './session';

const key = 'hmm.viewsShown';

/** Where a stop is read: what is called and its variables on one side of the editor, the machine on the other. */
const views = ['workbench.debug.variablesView', 'hmm.pageTables'];

/**
 * Opens both side bars at the first stop in a workspace, without taking the focus. After that the user's own layout
 * stays as it is.
 */
export function showViewsAtFirstStop(sessions: Sessions, state: vscode.Memento): vscode.Disposable {
  return sessions.onDidStop(async () => {
    if (state.get(key) === true) return;
    await state.update(key, true);
    for (const view of views) await vscode.commands.executeCommand(`${view}.focus`, { preserveFocus: true });
  });
}
