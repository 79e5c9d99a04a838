import * as vscode from 'vscode';
import { debugType } from './session';

/** Prints the protocol messages of sessions launched with `"trace": true` in the Debug Console. */
export function registerTraceLog(): vscode.Disposable {
  const print = (arrow: string, message: unknown) => {
    vscode.debug.activeDebugConsole.appendLine(`${arrow} ${JSON.stringify(message)}`);
  };
  return vscode.debug.registerDebugAdapterTrackerFactory(debugType, {
    createDebugAdapterTracker: (session) =>
      session.configuration['trace'] === true
        ? {
            onWillReceiveMessage: (message) => print('→', message),
            onDidSendMessage: (message) => print('←', message),
          }
        : undefined,
  });
}
