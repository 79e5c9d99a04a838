import * as vscode from 'vscode';

/** A command whose failure is shown as the one sentence that the adapter answered. */
export function command<Args extends unknown[]>(
  id: string,
  action: (...args: Args) => Promise<void>,
): vscode.Disposable {
  return vscode.commands.registerCommand(id, async (...args: Args) => {
    try {
      await action(...args);
    } catch (error) {
      void vscode.window.showErrorMessage(error instanceof Error ? error.message : String(error));
    }
  });
}
