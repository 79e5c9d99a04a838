import * as vscode from 'vscode';
import { hasFailed, type OutcomeLine, outcomeWords, type RunOutcome } from '../protocol';
import { debugType, type Sessions } from './session';

function problem(
  document: vscode.TextDocument | undefined,
  { line, column, message }: OutcomeLine,
): vscode.Diagnostic {
  const start = new vscode.Position(line - 1, column - 1);
  const end = document?.lineAt(Math.min(line, document.lineCount) - 1).text.replace(/\s*#.*$/, '').length;
  const range = new vscode.Range(start, start.with(undefined, Math.max(end ?? 0, column)));
  const diagnostic = new vscode.Diagnostic(range, message, vscode.DiagnosticSeverity.Error);
  diagnostic.source = 'hmm run';
  return diagnostic;
}

/** What a run came to: an entry in Problems for each expectation that failed, and a word in the status bar. */
export class OutcomeProblems implements vscode.Disposable {
  private readonly collection = vscode.languages.createDiagnosticCollection('hmm-run');
  private readonly status = vscode.window.createStatusBarItem(
    'hmm.outcome',
    vscode.StatusBarAlignment.Left,
    -1,
  );
  private readonly disposables: vscode.Disposable[];

  constructor(sessions: Sessions) {
    this.status.name = 'HMM Run';
    this.status.command = 'workbench.actions.view.problems';
    this.disposables = [
      this.collection,
      this.status,
      sessions.onDidEndRun((outcome) => this.show(outcome)),
      vscode.debug.onDidStartDebugSession(({ type, configuration }) => {
        if (type === debugType) this.forget(vscode.Uri.file(String(configuration['program'])));
      }),
      vscode.workspace.onDidChangeTextDocument(({ document, contentChanges }) => {
        if (contentChanges.length > 0) this.forget(document.uri);
      }),
    ];
  }

  dispose(): void {
    for (const disposable of this.disposables) disposable.dispose();
  }

  private show(outcome: RunOutcome): void {
    const uri = vscode.Uri.file(outcome.program);
    const document = vscode.workspace.textDocuments.find((open) => open.uri.fsPath === uri.fsPath);
    const lines = [...outcome.failures, ...outcome.lost];
    this.collection.set(
      uri,
      lines.map((line) => problem(document, line)),
    );
    const failed = hasFailed(outcome);
    const words = outcomeWords(outcome);
    this.status.text = `$(${failed ? 'error' : 'pass'}) ${words}`;
    this.status.tooltip = failed ? 'Select to see which in Problems.' : outcome.program;
    this.status.backgroundColor = failed ? new vscode.ThemeColor('statusBarItem.errorBackground') : undefined;
    this.status.accessibilityInformation = { label: `HMM run: ${words}` };
    this.status.show();
  }

  private forget(uri: vscode.Uri): void {
    if (!this.collection.has(uri)) return;
    this.collection.delete(uri);
    this.status.hide();
  }
}
