import type * as vscode from 'vscode';
import { command } from './command';
import type { FaultElement } from './pending-faults-view';
import { askTime, type Marked } from './seek-input';
import type { Sessions } from './session';

async function seek(sessions: Sessions, bookmarks: Marked): Promise<void> {
  const [position, events] = await Promise.all([
    sessions.request('hmm/position', {}),
    sessions.request('hmm/events', {}),
  ]);
  const time = await askTime(position, bookmarks, events);
  if (time !== undefined) await sessions.request('hmm/seek', { time });
}

async function moveThread(sessions: Sessions, name: 'hmm/stepBackOne' | 'hmm/reverseStepOut'): Promise<void> {
  await sessions.request(name, { threadId: sessions.needThread() });
}

/** The commands that move through time, beyond those the debug toolbar has. */
export function registerTimeCommands(sessions: Sessions, bookmarks: Marked): vscode.Disposable[] {
  return [
    command('hmm.seek', () => seek(sessions, bookmarks)),
    command('hmm.stepBackOne', () => moveThread(sessions, 'hmm/stepBackOne')),
    command('hmm.reverseStepOut', () => moveThread(sessions, 'hmm/reverseStepOut')),
    command('hmm.seekToFault', async (element: FaultElement) => {
      if (element.kind === 'fault') await sessions.request('hmm/seek', { time: element.fault.since });
    }),
  ];
}
