import * as vscode from 'vscode';
import { debugType } from './session';

/** Logs every protocol message of sessions launched with `"trace": true`. */
export function registerTraceLog(): vscode.Disposable[] {
  let channel: vscode.LogOutputChannel | undefined;
  const log = (arrow: string, message: unknown) => {
    channel ??= vscode.window.createOutputChannel('HMM Trace Debugger', { log: true });
    channel.info(arrow, JSON.stringify(message));
  };
  const factory: vscode.DebugAdapterTrackerFactory = {
    createDebugAdapterTracker: (session) =>
      session.configuration['trace'] === true
        ? {
            onWillReceiveMessage: (message) => log('→', message),
            onDidSendMessage: (message) => log('←', message),
          }
        : undefined,
  };
  return [
    vscode.debug.registerDebugAdapterTrackerFactory(debugType, factory),
    { dispose: () => channel?.dispose() },
  ];
}
