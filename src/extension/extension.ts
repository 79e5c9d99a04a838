import * as vscode from 'vscode';
import { BookmarkList } from './bookmark-list';
import { Bookmarks, registerBookmarks } from './bookmarks';
import { CallbacksView } from './callbacks-view';
import { registerChanges } from './changes';
import { devicesView } from './devices-view';
import { registerExamples } from './examples';
import { registerExportTrace } from './export-trace';
import { showViewsAtFirstStop } from './first-views';
import { history } from './history';
import { registerKernelSource } from './kernel-source';
import { registerLanguage } from './language';
import { registerLaunch } from './launch';
import { Listings } from './listings';
import { registerDocuments } from './new-scenario';
import { OutcomeProblems } from './outcome-problems';
import { pageTablesView } from './page-tables-view';
import { pendingFaultsView } from './pending-faults-view';
import { pictures } from './pictures';
import { registerRoutineNames } from './routine-names';
import { registerRunLens } from './run-lens';
import { ScenarioRuns } from './run-scenario';
import { ScenarioEditor } from './scenario-editor';
import { ScenarioTests } from './scenario-tests';
import { Sessions } from './session';
import { tablesBeside } from './tables-beside';
import { registerTaskCommands } from './task-commands';
import { registerTimeCommands } from './time-commands';
import { TimeLinks } from './time-links';
import { timeStatus } from './time-status';
import { registerTraceLog } from './trace-log';
import { zonesView } from './zones-view';

/** What the running extension shows to others: its trees by the ids of their views, to be read as the editor reads them. */
export interface Extension {
  readonly trees: Readonly<Record<string, vscode.TreeDataProvider<unknown>>>;
}

/** Called by the editor when the first scenario is opened or one of our commands is used. */
export function activate(context: vscode.ExtensionContext): Extension {
  const sessions = new Sessions();
  const bookmarks = new Bookmarks(sessions, new BookmarkList(context.workspaceState));
  const runs = new ScenarioRuns(context.workspaceState);
  const pageTables = pageTablesView(sessions);
  const { biography, disposables: asked } = history(sessions, context.extensionUri);
  const zones = zonesView(sessions);
  const devices = devicesView(sessions);
  const pendingFaults = pendingFaultsView(sessions);
  const callbacks = new CallbacksView(sessions, runs);
  context.subscriptions.push(
    sessions,
    runs,
    ...registerLaunch(context.extensionUri, runs),
    ...registerLanguage(),
    registerExamples(context),
    ...registerDocuments(context),
    registerBookmarks(bookmarks),
    ...registerTimeCommands(sessions, bookmarks),
    ...registerTaskCommands(sessions),
    ...registerChanges(sessions),
    registerTraceLog(),
    registerExportTrace(sessions),
    ...timeStatus(sessions),
    new Listings(sessions),
    ...pageTables.disposables,
    ...asked,
    ...pictures(sessions, context.extensionUri, { ...pageTables, biography }),
    zones,
    devices,
    pendingFaults,
    callbacks,
    registerRunLens(),
    new ScenarioEditor(sessions),
    tablesBeside(sessions),
    new TimeLinks(sessions),
    ...registerRoutineNames(sessions),
    ...registerKernelSource(),
    new OutcomeProblems(sessions),
    new ScenarioTests(sessions),
    showViewsAtFirstStop(sessions, context.workspaceState),
  );
  void vscode.commands.executeCommand('setContext', 'hmm.active', true);
  return {
    trees: {
      'hmm.callbacks': callbacks,
      'hmm.pageTables': pageTables.tree,
      'hmm.pendingFaults': pendingFaults,
      'hmm.devices': devices,
      'hmm.zones': zones,
    },
  };
}
