import * as vscode from 'vscode';
import { CallbacksView } from './callbacks-view';
import { devicesView } from './devices-view';
import { registerExamples } from './examples';
import { registerLanguage } from './language';
import { registerLaunch } from './launch';
import { Listings } from './listings';
import { pageTablesView } from './page-tables-view';
import { pendingFaultsView } from './pending-faults-view';
import { Sessions } from './session';
import { registerTaskCommands } from './task-commands';
import { registerTimeCommands } from './time-commands';
import { timeStatus } from './time-status';
import { registerTraceLog } from './trace-log';
import { zonesView } from './zones-view';

/** Views that are opened by themselves at the very first stop; after that the user's own layout stays. */
const firstViews = ['hmm.pageTables', 'hmm.pendingFaults'];

async function openFirstViews(state: vscode.Memento): Promise<void> {
  const key = 'viewsOpened';
  if (state.get(key) === true) return;
  await state.update(key, true);
  for (const view of firstViews) {
    await vscode.commands.executeCommand(`${view}.focus`, { preserveFocus: true });
  }
}

/** Called by the editor when the first scenario is opened or one of our commands is used. */
export function activate(context: vscode.ExtensionContext): void {
  const sessions = new Sessions();
  context.subscriptions.push(
    sessions,
    ...registerLaunch(context.extensionUri),
    ...registerLanguage(),
    registerExamples(context.extensionUri),
    ...registerTimeCommands(sessions),
    ...registerTaskCommands(sessions),
    registerTraceLog(),
    ...timeStatus(sessions),
    new Listings(sessions),
    pageTablesView(sessions),
    zonesView(sessions),
    devicesView(sessions),
    pendingFaultsView(sessions),
    new CallbacksView(),
  );
  context.subscriptions.push(sessions.onDidStop(() => openFirstViews(context.globalState)));
  void vscode.commands.executeCommand('setContext', 'hmm.active', true);
}
