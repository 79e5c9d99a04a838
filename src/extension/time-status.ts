import * as vscode from 'vscode';
import type { TimePosition } from '../protocol';
import type { Sessions } from './session';

function describe({ time, last, timeline, ended }: TimePosition): string {
  const where = timeline === 0 ? '' : `, timeline ${timeline}`;
  return time === last && ended ? `time ${time}, the end${where}` : `time ${time} of ${last}${where}`;
}

function statusItem(id: string, name: string, command: string, tooltip: string): vscode.StatusBarItem {
  const item = vscode.window.createStatusBarItem(id, vscode.StatusBarAlignment.Left, 0);
  return Object.assign(item, { name, command, tooltip });
}

/** Where the session is in time, and which kernel runs, in the status bar; a click seeks. */
export function timeStatus(sessions: Sessions): vscode.Disposable[] {
  const clock = statusItem(
    'hmm.time',
    'HMM Time',
    'hmm.seek',
    'Steps run so far in this scenario. Select to go to another time.',
  );
  const kernel = statusItem(
    'hmm.profile',
    'HMM Kernel',
    'hmm.howTrue',
    'The kernel whose semantics hold, as the scenario or launch.json says. Select for how true they are.',
  );
  const show = (item: vscode.StatusBarItem, icon: string, text: string) => {
    item.text = `$(${icon}) ${text}`;
    item.accessibilityInformation = { label: `HMM ${text}` };
    item.show();
  };
  const hide = () => {
    clock.hide();
    kernel.hide();
  };
  const update = async () => {
    try {
      const position = await sessions.request('hmm/position', {});
      show(clock, 'history', describe(position));
      clock.tooltip =
        position.timeline === 0
          ? 'Steps run so far in this scenario. Select to go to another time.'
          : `Timeline ${position.timeline}: your choices have left the scenario's own schedule. Select to go to another time.`;
      show(kernel, 'chip', `Linux ${position.profile}`);
    } catch {
      hide(); // the session went on or ended meanwhile
    }
  };
  return [
    clock,
    kernel,
    sessions.onDidStop(update),
    sessions.onDidRun(({ time }) => show(clock, 'sync~spin', `time ${time}`)),
    sessions.onDidEnd(hide),
  ];
}
