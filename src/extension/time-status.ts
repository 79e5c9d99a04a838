import * as vscode from 'vscode';
import type { TimePosition } from '../protocol';
import type { Sessions } from './session';

function describe({ time, last, timeline, ended }: TimePosition): string {
  const where = timeline === 0 ? '' : `, timeline ${timeline}`;
  return time === last && ended ? `time ${time}, the end${where}` : `time ${time} of ${last}${where}`;
}

/** Where the session is in time, in the status bar; a click seeks. */
export function timeStatus(sessions: Sessions): vscode.Disposable[] {
  const item = vscode.window.createStatusBarItem('hmm.time', vscode.StatusBarAlignment.Left, 0);
  item.name = 'HMM Time';
  item.command = 'hmm.seek';
  item.tooltip = 'Steps run so far in this scenario. Select to go to another time.';
  const update = async () => {
    try {
      const text = describe(await sessions.request('hmm/position', {}));
      item.text = `$(history) ${text}`;
      item.accessibilityInformation = { label: `HMM ${text}` };
      item.show();
    } catch {
      item.hide(); // the session went on or ended meanwhile
    }
  };
  return [item, sessions.onDidStop(update), sessions.onDidEnd(() => item.hide())];
}
