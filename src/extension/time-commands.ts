import * as vscode from 'vscode';
import type { TimePosition } from '../protocol';
import type { FaultElement } from './pending-faults-view';
import type { Sessions } from './session';
import { timeFrom } from './time-input';

async function askTime(position: TimePosition): Promise<number | undefined> {
  const { time, first, last, ended } = position;
  const range = ended ? `${first} to ${last}` : `${first} or more; ${last} steps have run`;
  const text = await vscode.window.showInputBox({
    title: 'Seek to Time',
    prompt: `Time in steps (${range}), or a percentage of what has run.`,
    value: String(time),
    validateInput: (input) =>
      timeFrom(input, position) === undefined ? 'Write a number of steps such as 1200, or 50%.' : undefined,
  });
  return text === undefined ? undefined : timeFrom(text, position);
}

async function seek(sessions: Sessions): Promise<void> {
  const time = await askTime(await sessions.request('hmm/position', {}));
  if (time !== undefined) await sessions.request('hmm/seek', { time });
}

async function moveThread(
  sessions: Sessions,
  name: 'hmm/stepBackOne' | 'hmm/reverseStepOut' | 'hmm/runUntilBlocks',
): Promise<void> {
  const { threadId } = sessions;
  if (threadId === undefined) throw new Error('The scenario must be stopped for this.');
  await sessions.request(name, { threadId });
}

/** A command whose failure is shown as the one sentence that the adapter answered. */
function command<Args extends unknown[]>(
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

/** The commands that move through time, beyond those the debug toolbar has. */
export function registerTimeCommands(sessions: Sessions): vscode.Disposable[] {
  return [
    command('hmm.seek', () => seek(sessions)),
    command('hmm.stepBackOne', () => moveThread(sessions, 'hmm/stepBackOne')),
    command('hmm.reverseStepOut', () => moveThread(sessions, 'hmm/reverseStepOut')),
    command('hmm.runUntilBlocks', () => moveThread(sessions, 'hmm/runUntilBlocks')),
    command('hmm.seekToFault', async (element: FaultElement) => {
      if (element.kind === 'fault') await sessions.request('hmm/seek', { time: element.fault.since });
    }),
    command('hmm.showWaits', async () => {
      const { text } = await sessions.request('hmm/waits', {});
      vscode.debug.activeDebugConsole.appendLine(text);
      await vscode.commands.executeCommand('workbench.debug.action.focusRepl');
    }),
    command('hmm.copySchedule', async () => {
      const { schedule } = await sessions.request('hmm/schedule', {});
      await vscode.env.clipboard.writeText(schedule);
      vscode.window.setStatusBarMessage('The schedule is on the clipboard.', 4000);
    }),
  ];
}
