import * as vscode from 'vscode';
import { command } from './command';
import { saveAs } from './save';
import type { Sessions } from './session';

/** *HMM: Export Trace*: what has run, as a file that Perfetto and Chrome open. */
export function registerExportTrace(sessions: Sessions): vscode.Disposable {
  return command('hmm.exportTrace', async () => {
    const { text, until, last } = await sessions.request('hmm/trace', {});
    if (until < last)
      void vscode.window.showInformationMessage(
        `The trace tells of the first ${until} of ${last} steps; hmm-trace run --trace-out writes all of a run.`,
      );
    await saveAs('trace.json', 'Trace', new TextEncoder().encode(text));
  });
}
