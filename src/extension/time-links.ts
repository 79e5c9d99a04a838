import * as vscode from 'vscode';
import type { Sessions } from './session';

/** Scheme of what a line of the Debug Console links to: `hmm-time:/639/home.hmm`, the moment that it tells of. */
const scheme = 'hmm-time';

/**
 * Takes links of the Debug Console to the time that they name. The editor can only open a document for a link, so an
 * empty one stands for the moment; it closes as soon as it is opened.
 */
export class TimeLinks implements vscode.TextDocumentContentProvider, vscode.Disposable {
  private readonly disposables: vscode.Disposable[];

  constructor(private readonly sessions: Sessions) {
    this.disposables = [
      vscode.workspace.registerTextDocumentContentProvider(scheme, this),
      vscode.window.onDidChangeActiveTextEditor((editor) => this.follow(editor)),
    ];
  }

  dispose(): void {
    for (const disposable of this.disposables) disposable.dispose();
  }

  provideTextDocumentContent(): string {
    return '';
  }

  private async follow(editor: vscode.TextEditor | undefined): Promise<void> {
    const uri = editor?.document.uri;
    if (uri?.scheme !== scheme) return;
    const time = Number(uri.path.split('/')[1]);
    const tabs = vscode.window.tabGroups.all.flatMap((group) => group.tabs);
    const stale = tabs.filter(
      ({ input }) => input instanceof vscode.TabInputText && input.uri.scheme === scheme,
    );
    await vscode.window.tabGroups.close(stale, true);
    if (!this.sessions.isStopped) {
      vscode.window.setStatusBarMessage('Only a scenario that is stopped can go to that time.', 4000);
      return;
    }
    await this.sessions.request('hmm/seek', { time });
  }
}
