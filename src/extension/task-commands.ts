import * as vscode from 'vscode';
import { command } from './command';
import type { FaultElement } from './pending-faults-view';
import type { Sessions } from './session';

/** What a command gets: from a thread's menu in Call Stack its id, otherwise nothing that names a thread. */
type FromMenu = unknown;

/** The thread whose menu was used, otherwise the one selected in Call Stack. */
const threadOf = (sessions: Sessions, from: FromMenu): number =>
  typeof from === 'number' ? from : sessions.needThread();

/** Asks which of the tasks that can run is to run next. */
async function askTask(sessions: Sessions): Promise<number | undefined> {
  const { tasks } = await sessions.request('hmm/runnable', {});
  if (tasks.length === 0) throw new Error('No task can run.');
  const items = tasks.map(({ name, place, threadId }) => ({ label: name, description: place, threadId }));
  const chosen = await vscode.window.showQuickPick(items, {
    title: 'Choose the Task That Runs Next',
    placeHolder: 'It runs alone until it blocks, ends or comes to a breakpoint',
    matchOnDescription: true,
  });
  return chosen?.threadId;
}

async function showWaits(sessions: Sessions, from: FaultElement | undefined): Promise<void> {
  const threadId = from?.kind === 'fault' && from.fault.kind === 'cpu' ? from.fault.threadId : undefined;
  const { text } = await sessions.request('hmm/waits', threadId === undefined ? {} : { threadId });
  vscode.debug.activeDebugConsole.appendLine(text);
  await vscode.commands.executeCommand('workbench.debug.action.focusRepl');
}

/** The commands about tasks: who runs next, who waits for whom, and the schedule that came of it. */
export function registerTaskCommands(sessions: Sessions): vscode.Disposable[] {
  return [
    command('hmm.runUntilBlocks', async (from: FromMenu) => {
      await sessions.request('hmm/runUntilBlocks', { threadId: threadOf(sessions, from) });
    }),
    command('hmm.stepOnly', (from: FromMenu) => sessions.stepAlone(threadOf(sessions, from))),
    command('hmm.chooseTask', async () => {
      const threadId = await askTask(sessions);
      if (threadId !== undefined) await sessions.request('hmm/runUntilBlocks', { threadId });
    }),
    command('hmm.showWaits', (from: FaultElement | undefined) => showWaits(sessions, from)),
    command('hmm.copySchedule', async () => {
      const { schedule } = await sessions.request('hmm/schedule', {});
      await vscode.env.clipboard.writeText(schedule);
      vscode.window.setStatusBarMessage('The schedule is on the clipboard.', 4000);
    }),
  ];
}
