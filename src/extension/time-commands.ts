import * as vscode from 'vscode';
import type { TimePosition } from '../protocol';
import { command } from './command';
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

async function moveThread(sessions: Sessions, name: 'hmm/stepBackOne' | 'hmm/reverseStepOut'): Promise<void> {
  await sessions.request(name, { threadId: sessions.needThread() });
}

/** The commands that move through time, beyond those the debug toolbar has. */
export function registerTimeCommands(sessions: Sessions): vscode.Disposable[] {
  return [
    command('hmm.seek', () => seek(sessions)),
    command('hmm.stepBackOne', () => moveThread(sessions, 'hmm/stepBackOne')),
    command('hmm.reverseStepOut', () => moveThread(sessions, 'hmm/reverseStepOut')),
    command('hmm.seekToFault', async (element: FaultElement) => {
      if (element.kind === 'fault') await sessions.request('hmm/seek', { time: element.fault.since });
    }),
  ];
}
